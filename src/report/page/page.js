// The player: walks the states that the page holds. The reader follows the schedule, or chooses the
// next step at any point and goes on from there; the trail is what was walked, `at` where one stands.
"use strict";
(() => {
  const CONDITIONS = ["can run", "waits", "is stopped", "has finished", "is dead"];
  const MARKS = ["▶", "…", "‖", "■", "✕"];
  const AROUND = 3;
  const PER_THREAD = 4;
  const HISTORY = 60;
  const page = JSON.parse(document.getElementById("data").textContent);
  const files = page.files.map((file) => ({ name: file.name, lines: file.text.split("\n") }));
  const element = (id) => document.getElementById(id);
  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // Each state is written as its difference from the one it was found from.
  for (const cast of page.casts) {
    cast.states = [];
    for (const [index, node] of cast.nodes.entries()) {
      if (index === 0) { cast.states.push(node); continue; }
      const state = cast.states[node[0]].slice();
      for (let i = 1; i < node.length; i += 2) state[node[i]] = node[i + 1];
      cast.states.push(state);
    }
    cast.schedule = cast.path.slice(1).map((to, i) => ({ step: stepTo(cast, cast.path[i], to), to }));
    cast.id = cast === page.casts[0] ? "main" : "fix";
  }

  function stepTo(cast, from, to) {
    const edges = cast.edges[from];
    for (let i = 0; i < edges.length; i += 2) if (edges[i + 1] === to) return edges[i];
    return -1;
  }

  let cast = page.casts[0];
  let trail = cast.schedule.slice();
  let at = 0;
  // Times that the schedule's cycle has been gone round.
  let rounds = 0;

  const node = (index = at) => (index === 0 ? 0 : trail[index - 1].to);
  const actor = (index) => (index < cast.threads.length ? cast.threads[index].name : "kernel");
  const following = () =>
    trail.length === cast.schedule.length && trail.every((s, i) => s.to === cast.schedule[i].to);
  const fate = (state) => cast.fates[state] || "";
  // A cycle goes on from its end: where a step further leads, or where one stands if there is none.
  const goesRound = () => cast.cycle !== null && following();
  const further = () => (at < trail.length ? at + 1 : goesRound() ? cast.cycle + 1 : at);
  const percent = (danger) => (danger > 0 && danger < 10 ? "under 1 %"
    : danger > 990 && danger < 1000 ? "over 99 %" : `${Math.round(danger / 10)} %`);

  function ordinal(number) {
    const tens = Math.floor(number / 10) % 10 === 1;
    return `${number}${(!tens && { 1: "st", 2: "nd", 3: "rd" }[number % 10]) || "th"}`;
  }

  function say(step) {
    const [who, place, label] = cast.steps[step];
    return label ? `${actor(who)}: ${label}` : `${actor(who)}: ${place}`;
  }

  // Shared variables first, then locals: slot, name, and which thread a local belongs to.
  function slots() {
    const first = PER_THREAD * cast.threads.length;
    const shared = cast.variables.map(([name, aux], i) => ({ slot: first + i, name, aux, thread: -1 }));
    const local = cast.locals.map(([thread, name], i) => (
      { slot: first + cast.variables.length + i, name, aux: false, thread }));
    return shared.concat(local);
  }

  function changes(before, after) {
    const found = [];
    for (const { slot, name, thread, aux } of slots()) {
      const [old, now] = [cast.states[before][slot], cast.states[after][slot]];
      if (old === now || now === 0) continue;
      const owner = thread >= 0 ? `${cast.threads[thread].name}.` : "";
      const text = `${owner}${name}: ${old === 0 ? "" : `${cast.texts[old]} → `}${cast.texts[now]}`;
      found.push(aux ? `(${text})` : text);
    }
    return found;
  }

  function standings(before, after) {
    const found = [];
    cast.threads.forEach((thread, t) => {
      const slot = PER_THREAD * t;
      const [old, now] = [cast.states[before], cast.states[after]];
      const words = (state) => cast.texts[state[slot + 2]].split(", ").filter((word) => word);
      const begun = words(now).filter((word) => !words(old).includes(word));
      const over = words(old).filter((word) => !words(now).includes(word));
      for (const word of begun) found.push(`${thread.name}: ${word}`);
      if (now[slot + 1] < 3) for (const word of over) found.push(`${thread.name}: no longer ${word}`);
      if (old[slot + 1] !== now[slot + 1] && now[slot + 1] > 2 && !begun.length) {
        found.push(`${thread.name} ${CONDITIONS[now[slot + 1]]}`);
      }
    });
    return found;
  }

  function stage() {
    if (cast.parting) return cast.parting.replaceAll("`", "");
    const leave = cast.whole ? " Leave it wherever you like." : "";
    if (cast.cycle !== null) {
      return `You follow a run that breaks “${cast.shows}”: from its end it goes on with step ${cast.cycle + 1}, again and again.${leave}`;
    }
    if (cast.endless) return `You follow a run that breaks “${cast.shows}”: from its end nothing need happen any more.${leave}`;
    if (cast.shows === "unfinished") return `You follow a schedule that ends before its run does.${leave}`;
    const which = cast.own ? `a schedule to “${cast.shows}”.` : `a shortest schedule to “${cast.shows}”, as the search found it.`;
    return `You follow ${which}${leave}`;
  }

  function drawStage() {
    element("stage").textContent = following() ? stage() : "You are the scheduler: this is a run of your own.";
    const slider = element("slider");
    slider.max = trail.length;
    slider.value = at;
    slider.setAttribute("aria-valuetext", `Step ${at} of ${trail.length}`);
    element("first").disabled = element("back").disabled = at === 0;
    element("last").disabled = at === trail.length;
    // A cycle of one step leads to where one stands.
    const again = at === trail.length && goesRound();
    element("forward").disabled = further() === at && !again;
    element("forward").textContent = again ? "Again ↻" : "Forward ▶";
    element("switch").disabled = nextSwitch() === at;
    if (document.activeElement && document.activeElement.disabled) slider.focus({ preventScroll: true });
  }

  function drawNow() {
    const now = element("now");
    now.replaceChildren();
    if (at === 0) now.append(make("p", "step", `Before the first of ${trail.length} steps.`));
    else sayStep(now);
    if (!following()) return;
    const first = goesRound() && at === trail.length ? cast.cycle : at;
    for (const [before, way] of cast.passed_by) {
      if (before === first + 1) now.append(make("p", "passed", `A way out that this run passes by for ever: ${way}`));
    }
  }

  function sayStep(now) {
    const inCycle = goesRound() && at > cast.cycle;
    const round = inCycle ? ` ↻ in the cycle${rounds > 0 ? `, for the ${ordinal(rounds + 1)} time` : ""}.` : "";
    now.append(make("p", "step", `Step ${at} of ${trail.length}.${round} ${say(trail[at - 1].step)}`));
    const effects = standings(node(at - 1), node());
    if (effects.length) now.append(make("p", "effects", effects.join("; ")));
    const changed = changes(node(at - 1), node());
    if (changed.length) now.append(make("p", "changed", changed.join(", ")));
    const follows = (following() && cast.prospects[at]) || [];
    if (follows.length) now.append(make("p", "follows", follows.join("; ")));
  }

  function drawFate() {
    const [kind, text] = cast.promise ? fateOfPromise() : fateOf(node());
    const line = element("fate");
    line.className = kind;
    line.hidden = !text;
    line.textContent = text;
  }

  function fateOf(state) {
    const end = cast.ends[state];
    const over = end ? ` The run is over: ${end[0]}.` : "";
    if (cast.failed[state]) return ["bad", `✗ The step failed: ${cast.failed[state]}.`];
    if (end && !end[1]) return ["bad", `✗${over}`];
    if (fate(state) === "h") return ["bad", `✗ Here it is: “${cast.target}”.${over}`];
    if (end) return ["good", `✓${over}`];
    if (fate(state) === "d") return ["bad", `⚠ Too late: “${cast.target}” has become unavoidable.`];
    if (fate(state) === "e") return ["good", `✓ Out of reach: no run from here leads to “${cast.target}”.`];
    if (fate(state) === "o") return ["open", `Still open. A scheduler that picks at random gets to “${cast.target}” with a chance of ${percent(cast.danger[state])}.`];
    return ["", ""];
  }

  // A promise is broken by a whole run: what no random choices do, a scheduler that means it still may.
  function fateOfPromise() {
    const state = node();
    const end = cast.ends[state];
    const chance = {
      h: "No run from here keeps it any more.",
      d: "Every fair run from here breaks it.",
      o: `A scheduler that picks at random breaks it from here with a chance of ${percent(cast.danger[state])}.`,
      e: "A scheduler that picks at random keeps it from here.",
    }[fate(state)] || "";
    if (cast.failed[state]) return ["bad", `✗ The step failed: ${cast.failed[state]}.`];
    if (goesRound() && at === trail.length) return ["bad", `↻ Here the run is where it was after step ${cast.cycle}: it can go round for ever, and “${cast.target}” is broken. ${chance}`];
    if (cast.endless && following() && at === trail.length) return ["bad", `✗ Here the run may rest for ever, and “${cast.target}” is broken. ${chance}`];
    if (fate(state) === "h") return ["bad", `✗ “${cast.target}” is broken. ${chance}`];
    if (end) return [end[1] ? "good" : "bad", `${end[1] ? "✓" : "✗"} The run is over: ${end[0]}.`];
    if (fate(state) === "d") return ["bad", `⚠ Too late for “${cast.target}”. ${chance}`];
    const round = been() >= 0 ? `↻ Here you were after step ${been()}: a run can go round like this for ever. ` : "";
    return ["open", chance && `${round}“${cast.target}” is not broken yet. ${chance}`];
  }

  // The last step after which this state was passed before; -1 if it was not.
  function been() {
    for (let i = at - 1; i >= 0; i -= 1) if (node(i) === node()) return i;
    return -1;
  }

  function drawDanger() {
    const chart = element("danger");
    chart.replaceChildren();
    const known = cast.danger.length > 0 && trail.length > 0;
    chart.style.display = known ? "" : "none";
    const does = cast.promise ? "breaks" : "gets to";
    const none = known && [...Array(trail.length + 1).keys()].every((i) => cast.danger[node(i)] === 0);
    const never = none && cast.promise ? " It never does: that takes one that passes a way out for ever, or is unfair." : "";
    element("scale").textContent = known
      ? `Danger along this run, 0 to 100 %: how likely a random scheduler ${does} “${cast.target}” from there.${never}` : "";
    if (!known) return;
    const space = "http://www.w3.org/2000/svg";
    const points = [];
    for (let i = 0; i <= trail.length; i += 1) {
      points.push(`${(100 * i / trail.length).toFixed(2)},${(29 - 28 * cast.danger[node(i)] / 1000).toFixed(2)}`);
    }
    const area = document.createElementNS(space, "polygon");
    area.setAttribute("points", `0,30 ${points.join(" ")} 100,30`);
    const line = document.createElementNS(space, "polyline");
    line.setAttribute("points", points.join(" "));
    line.setAttribute("vector-effect", "non-scaling-stroke");
    chart.append(area, line);
  }

  function drawThreads() {
    const state = cast.states[node()];
    const last = at > 0 ? cast.steps[trail[at - 1].step] : null;
    const panes = cast.threads.map((thread, t) => {
      const [place, condition, shows, waits] = state.slice(PER_THREAD * t, PER_THREAD * t + PER_THREAD);
      const ran = last !== null && last[0] === t;
      const pane = make("article", `thread${ran ? " ran" : ""}`);
      const head = make("h3", "", thread.name);
      if (ran) head.append(make("span", "tag", "stepped"));
      const words = shows ? cast.texts[shows] : CONDITIONS[condition];
      const more = waits ? ` for ${cast.texts[waits]}` : "";
      const status = shows && condition === 1 ? `${words}, waits${more}` : `${words}${more}`;
      pane.append(head, make("p", "status", `${MARKS[condition]} ${status}`));
      const [file, line, owner, , calls] = thread.places[place];
      if (line === 0 || condition > 2) {
        pane.append(make("p", "gone", condition === 4 ? "It runs no more." : "Its code has ended."));
        return pane;
      }
      pane.append(make("p", "calls", [...new Set([...calls, owner])].join(" › ")));
      const code = make("pre");
      code.setAttribute("role", "group");
      code.setAttribute("aria-label", `${files[file].name}, where ${thread.name} stands`);
      const lines = files[file].lines;
      for (let i = Math.max(1, line - AROUND); i <= Math.min(lines.length, line + AROUND); i += 1) {
        const here = i === line;
        const row = make("span", here ? "line here" : "line");
        row.append(make("span", "no", `${here ? "▶" : " "}${String(i).padStart(4)} `), lines[i - 1] || " ");
        if (here) row.setAttribute("aria-current", "step");
        code.append(row);
      }
      pane.append(code);
      return pane;
    });
    element("threads").replaceChildren(...panes);
  }

  function options() {
    const edges = cast.edges[node()];
    const found = [];
    for (let i = 0; i < edges.length; i += 2) found.push({ step: edges[i], to: edges[i + 1] });
    return found;
  }

  function drawGame() {
    element("game").hidden = !cast.whole;
    element("keys").hidden = !cast.whole;
    element("large").hidden = !cast.large;
    element("large").textContent = (cast.large || "").replaceAll("`", "");
    element("risk").parentElement.hidden = !cast.fates;
    // Where no state is a broken promise, there is nothing to find: only whole runs break it.
    element("hunt").hidden = !cast.fates || (cast.promise && !cast.fates.includes("h"));
    element("hunt").textContent = `Find “${cast.target}” from here`;
    element("follow").disabled = following();
    const risk = element("risk").checked && cast.fates;
    const buttons = options().map((option, i) => {
      const button = make("button", "choice");
      button.type = "button";
      const [who, place, label] = cast.steps[option.step];
      button.append(make("span", "key", String(i + 1)), make("strong", "", actor(who)), " ", make("code", "", label || place));
      if (label) button.append(make("small", "", place));
      if (risk) button.append(make("span", "risk", riskOf(option.to)));
      button.addEventListener("click", () => choose(option));
      return button;
    });
    if (!buttons.length) buttons.push(make("p", "gone", "Nothing can happen any more."));
    // Who chooses by keyboard goes on choosing.
    const held = element("choices").contains(document.activeElement);
    element("choices").replaceChildren(...buttons);
    if (held) (options().length ? buttons[0] : element("back")).focus({ preventScroll: true });
  }

  function riskOf(state) {
    if (fate(state) === "h") return `✗ “${cast.target}”`;
    if (fate(state) === "d") return "⚠ no way back";
    if (fate(state) === "e") return cast.promise ? "danger 0 %" : "✓ out of reach";
    return `danger ${percent(cast.danger[state])}`;
  }

  function drawValues() {
    const [start, now, before] = [cast.states[0], cast.states[node()], cast.states[node(Math.max(0, at - 1))]];
    const [moved, all] = [[], []];
    for (const { slot, name, aux, thread } of slots()) {
      if (thread >= 0 && now[slot] === 0) continue;
      const owner = thread >= 0 ? `${cast.threads[thread].name}.` : "";
      const item = make("li", now[slot] !== before[slot] ? "fresh" : "");
      item.append(make("code", "", `${owner}${name}`), " = ", make("strong", "", cast.texts[now[slot]]));
      if (now[slot] !== before[slot]) {
        item.append(make("small", "", before[slot] === 0 ? "● new" : `● was ${cast.texts[before[slot]]}`));
      }
      if (aux) item.append(make("small", "", "history"));
      all.push(item);
      if (now[slot] !== start[slot] || now[slot] !== before[slot]) moved.push(item.cloneNode(true));
    }
    if (!moved.length) moved.push(make("li", "", "none"));
    element("values").replaceChildren(...moved);
    element("others").replaceChildren(...all);
  }

  function drawHistory() {
    // Of a long run the last steps will do.
    const from = Math.max(0, at - HISTORY);
    element("history").start = from + 1;
    element("history").replaceChildren(...trail.slice(from, at).map((taken) => make("li", "", say(taken.step))));
  }

  // The row of the schedule that one stands at, in the diagram and in the list.
  function drawSchedule() {
    for (const now of document.querySelectorAll(".step.now")) {
      now.classList.remove("now");
      now.removeAttribute("aria-current");
    }
    if (!following() || at === 0) return;
    for (const shown of [element(`${cast.id}-diagram`), element(`${cast.id}-steps`)]) {
      if (!shown) continue;
      // A folded loop is one row: the last row that is not after the step.
      const rows = [...shown.querySelectorAll(".step")].filter((row) => Number(row.dataset.step) <= at);
      if (!rows.length) continue;
      rows[rows.length - 1].classList.add("now");
      rows[rows.length - 1].setAttribute("aria-current", "step");
    }
  }

  // The state graph: where one stands, where one came along, and what is a step away.
  function drawGraph() {
    const shown = element(`${cast.id}-graph`);
    element("graphs").hidden = !shown;
    for (const box of document.querySelectorAll(".graph")) box.hidden = box !== shown;
    if (!shown) return;
    const way = new Set();
    for (let i = 0; i < at; i += 1) way.add(`${node(i)}-${node(i + 1)}`);
    const passed = new Set([...Array(at + 1).keys()].map((i) => node(i)));
    const next = new Map();
    options().forEach((option, i) => next.set(option.to, (next.get(option.to) || []).concat({ option, key: i + 1 })));
    for (const edge of shown.querySelectorAll(".edge[data-from]")) {
      edge.classList.toggle("out", Number(edge.dataset.from) === node());
      edge.classList.toggle("way", way.has(`${edge.dataset.from}-${edge.dataset.to}`));
    }
    const held = shown.contains(document.activeElement);
    let here = null;
    for (const group of shown.querySelectorAll(".node")) {
      const state = Number(group.dataset.state);
      const isHere = state === node();
      const steps = next.get(state);
      group.classList.toggle("way", passed.has(state));
      group.classList.toggle("at", isHere);
      group.classList.toggle("next", Boolean(steps) && !isHere);
      group.querySelector(".key").textContent = isHere ? "▶" : steps ? steps.map((one) => one.key).join(",") : "";
      const title = group.querySelector("title").textContent;
      group.setAttribute("aria-hidden", String(!isHere && !steps));
      group.setAttribute("role", steps && !isHere ? "button" : "img");
      if (steps && !isHere) group.setAttribute("tabindex", "0");
      else group.removeAttribute("tabindex");
      const says = steps ? steps.map((one) => `${one.key}: ${say(one.option.step)}`).join(", or ") : "";
      group.setAttribute("aria-label", isHere ? `You are here. ${title}` : `${says}. To ${title}`);
      if (isHere) { group.setAttribute("aria-current", "true"); here = group; } else group.removeAttribute("aria-current");
    }
    const box = shown.querySelector(".scrolls");
    if (held && document.activeElement && !document.activeElement.hasAttribute("tabindex")) box.focus({ preventScroll: true });
    centre(box, here);
  }

  // Scrolls a box, and nothing else, until the element is in its middle.
  function centre(box, inner) {
    if (!inner) return;
    const [outside, inside] = [box.getBoundingClientRect(), inner.getBoundingClientRect()];
    if (!outside.width) return;
    box.scrollLeft += inside.left + inside.width / 2 - outside.left - outside.width / 2;
    box.scrollTop += inside.top + inside.height / 2 - outside.top - outside.height / 2;
  }

  function toState(state) {
    const option = options().find((one) => one.to === state);
    const passed = [...Array(trail.length + 1).keys()].filter((i) => i <= at && node(i) === state).pop();
    if (option) choose(option);
    else if (passed !== undefined) go(passed);
  }

  function draw() {
    drawStage(); drawNow(); drawFate(); drawDanger(); drawThreads();
    drawGame(); drawValues(); drawHistory(); drawSchedule(); drawGraph();
  }

  function forward() {
    const to = further();
    const again = to < at || (to === at && at === trail.length && goesRound());
    go(to, again ? rounds + 1 : undefined);
  }

  function go(to, turns) {
    // Whoever goes back to before the cycle begins it anew.
    if (turns !== undefined) rounds = turns;
    else if (cast.cycle === null || to <= cast.cycle) rounds = 0;
    at = Math.max(0, Math.min(trail.length, to));
    element("hunted").textContent = "";
    draw();
  }

  function choose(option) {
    const next = trail[at];
    // Choosing what the trail does anyway keeps its rest.
    if (!next || next.to !== option.to || next.step !== option.step) trail = trail.slice(0, at).concat(option);
    go(at + 1);
  }

  function nextSwitch() {
    if (at >= trail.length) return at;
    const who = cast.steps[trail[at].step][0];
    let to = at;
    while (to < trail.length && cast.steps[trail[to].step][0] === who) to += 1;
    return to;
  }

  // The nearest state that is the target, breadth first; the way there becomes the rest of the trail.
  function hunt() {
    const start = node();
    const came = new Map([[start, null]]);
    const queue = [start];
    for (const state of queue) {
      if (fate(state) === "h") {
        const way = [];
        for (let back = came.get(state); back; back = came.get(back.from)) way.unshift({ step: back.step, to: back.to });
        trail = trail.slice(0, at).concat(way);
        draw();
        element("hunted").textContent = way.length
          ? `“${cast.target}” is ${way.length} step${way.length > 1 ? "s" : ""} away. Go forward to see it.`
          : `This is “${cast.target}”.`;
        return;
      }
      const edges = cast.edges[state];
      for (let i = 0; i < edges.length; i += 2) {
        if (!came.has(edges[i + 1])) {
          came.set(edges[i + 1], { from: state, step: edges[i], to: edges[i + 1] });
          queue.push(edges[i + 1]);
        }
      }
    }
    const leads = cast.promise ? `gets to where “${cast.target}” is broken for good` : `leads to “${cast.target}”`;
    element("hunted").textContent =
      `I give up: no run from here ${leads}. I have looked at all ${queue.length} states that can follow.`;
  }

  function show(index) {
    cast = page.casts[index];
    trail = cast.schedule.slice();
    rounds = 0;
    for (const [i, button] of [...element("casts").children].entries()) button.setAttribute("aria-pressed", String(i === index));
    go(0);
  }

  function keyed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    // Where these keys already do something, they go on doing it.
    const isChoice = /^[1-9sS]$/.test(event.key);
    if (event.target.closest("input[type=checkbox], summary") || (!isChoice && event.target.closest(".scrolls"))) return;
    const slider = event.target === element("slider");
    const moves = { ArrowLeft: () => go(at - 1), ArrowRight: forward, Home: () => go(0), End: () => go(trail.length), s: () => go(nextSwitch()), S: () => go(nextSwitch()) };
    const choice = cast.whole && /^[1-9]$/.test(event.key) ? options()[Number(event.key) - 1] : undefined;
    if (choice) choose(choice);
    else if (moves[event.key] && !slider) moves[event.key]();
    else if (slider && /^s$/i.test(event.key)) moves.s();
    else return;
    event.preventDefault();
  }

  if (page.casts.length > 1) {
    page.casts.forEach((one, index) => {
      const button = make("button", "", `${index === 0 ? "As it was" : "With the fix"}: ${one.name}`);
      button.type = "button";
      button.addEventListener("click", () => show(index));
      element("casts").append(button);
    });
  }
  element("first").addEventListener("click", () => go(0));
  element("back").addEventListener("click", () => go(at - 1));
  element("forward").addEventListener("click", forward);
  element("last").addEventListener("click", () => go(trail.length));
  element("switch").addEventListener("click", () => go(nextSwitch()));
  element("slider").addEventListener("input", (event) => go(Number(event.target.value)));
  element("hunt").addEventListener("click", hunt);
  element("follow").addEventListener("click", () => { trail = cast.schedule.slice(); go(Math.min(at, trail.length)); });
  element("risk").addEventListener("change", draw);
  document.addEventListener("keydown", keyed);
  page.casts.forEach((one, index) => {
    for (const shown of [element(`${one.id}-diagram`), element(`${one.id}-steps`)]) {
      if (!shown) continue;
      shown.addEventListener("click", (event) => {
        const row = event.target.closest(".step");
        if (!row) return;
        if (cast !== one) show(index);
        trail = cast.schedule.slice();
        go(Number(row.dataset.step));
      });
    }
    const graph = element(`${one.id}-graph`);
    if (!graph) return;
    graph.querySelector("svg").setAttribute("role", "group");
    const chosen = (event) => event.target.closest(".node");
    graph.addEventListener("click", (event) => {
      if (chosen(event)) toState(Number(chosen(event).dataset.state));
    });
    graph.addEventListener("keydown", (event) => {
      if (!chosen(event) || (event.key !== "Enter" && event.key !== " ")) return;
      toState(Number(chosen(event).dataset.state));
      const first = graph.querySelector(".node[tabindex]");
      (first || graph.querySelector(".scrolls")).focus({ preventScroll: true });
      event.preventDefault();
    });
  });
  // Where there is little room, the list says what the diagram would.
  const narrow = window.matchMedia("(max-width: 40rem)").matches;
  for (const wide of document.querySelectorAll("details.wide")) wide.open = !narrow;
  for (const list of document.querySelectorAll("details.narrow")) list.open = narrow;
  element("player").hidden = false;
  show(0);
})();
