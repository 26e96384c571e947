// The player: walks the states that the page holds. The reader follows the schedule, or chooses the
// next step at any point and goes on from there; the trail is what was walked, `at` where one stands.
"use strict";
(() => {
  const CONDITIONS = ["can run", "waits", "is stopped", "has finished", "is dead"];
  const MARKS = ["▶", "…", "‖", "■", "✕"];
  const AROUND = 3;
  const PER_THREAD = 4;
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
  }

  function stepTo(cast, from, to) {
    const edges = cast.edges[from];
    for (let i = 0; i < edges.length; i += 2) if (edges[i + 1] === to) return edges[i];
    return -1;
  }

  let cast = page.casts[0];
  let trail = cast.schedule.slice();
  let at = 0;

  const node = (index = at) => (index === 0 ? 0 : trail[index - 1].to);
  const actor = (index) => (index < cast.threads.length ? cast.threads[index].name : "kernel");
  const following = () =>
    trail.length === cast.schedule.length && trail.every((s, i) => s.to === cast.schedule[i].to);
  const fate = (state) => cast.fates[state] || "";
  const percent = (danger) => (danger > 0 && danger < 10 ? "under 1 %" : `${Math.round(danger / 10)} %`);

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

  function drawStage() {
    element("stage").textContent = following()
      ? (cast.parting && cast.parting.replaceAll("`", "")) || `You follow a shortest schedule to “${cast.shows}”, as the search found it. Leave it wherever you like.`
      : "You are the scheduler: this is a run of your own.";
    const slider = element("slider");
    slider.max = trail.length;
    slider.value = at;
    slider.setAttribute("aria-valuetext", `Step ${at} of ${trail.length}`);
    element("first").disabled = element("back").disabled = at === 0;
    element("last").disabled = element("forward").disabled = at === trail.length;
    element("switch").disabled = nextSwitch() === at;
    if (document.activeElement && document.activeElement.disabled) slider.focus({ preventScroll: true });
  }

  function drawNow() {
    const now = element("now");
    now.replaceChildren();
    if (at === 0) {
      now.append(make("p", "step", `Before the first of ${trail.length} steps.`));
      return;
    }
    now.append(make("p", "step", `Step ${at} of ${trail.length}. ${say(trail[at - 1].step)}`));
    const effects = standings(node(at - 1), node());
    if (effects.length) now.append(make("p", "effects", effects.join("; ")));
    const changed = changes(node(at - 1), node());
    if (changed.length) now.append(make("p", "changed", changed.join(", ")));
  }

  function drawFate() {
    const state = node();
    const line = element("fate");
    const end = cast.ends[state];
    const failed = cast.failed[state];
    let kind = "open";
    let text = "";
    if (failed) { kind = "bad"; text = `✗ The step failed: ${failed}.`; }
    else if (end) { kind = end[1] ? "good" : "bad"; text = `${end[1] ? "✓" : "✗"} The run is over: ${end[0]}.`; }
    else if (fate(state) === "h") { kind = "bad"; text = `✗ Here it is: “${cast.target}”.`; }
    else if (fate(state) === "d") { kind = "bad"; text = `⚠ Too late: “${cast.target}” has become unavoidable.`; }
    else if (fate(state) === "e") { kind = "good"; text = `✓ Out of reach: no run from here leads to “${cast.target}”.`; }
    else if (fate(state) === "o") { text = `Still open. A scheduler that picks at random gets to “${cast.target}” with a chance of ${percent(cast.danger[state])}.`; }
    line.className = kind;
    line.textContent = text;
  }

  function drawDanger() {
    const chart = element("danger");
    chart.replaceChildren();
    const known = cast.danger.length > 0 && trail.length > 0;
    chart.style.display = known ? "" : "none";
    element("scale").textContent = known
      ? `Danger along this run, 0 to 100 %: how likely a random scheduler gets to “${cast.target}” from there.` : "";
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
      code.tabIndex = 0;
      code.setAttribute("aria-label", `${files[file].name}, where ${thread.name} stands`);
      const lines = files[file].lines;
      for (let i = Math.max(1, line - AROUND); i <= Math.min(lines.length, line + AROUND); i += 1) {
        const here = i === line;
        const row = make("span", here ? "line here" : "line");
        row.append(make("span", "no", `${here ? "▶" : " "}${String(i).padStart(4)} `), lines[i - 1] || " ");
        if (here) row.setAttribute("aria-current", "step");
        code.append(row, "\n");
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
    element("hunt").hidden = element("risk").parentElement.hidden = !cast.fates;
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
    if (fate(state) === "e") return "✓ out of reach";
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
    element("history").replaceChildren(...trail.slice(0, at).map((taken) => make("li", "", say(taken.step))));
  }

  function drawDiagram() {
    const shown = cast === page.casts[0] ? "main-diagram" : "fix-diagram";
    for (const now of document.querySelectorAll(".gh .step.now")) now.classList.remove("now");
    const diagram = element(shown);
    if (!diagram || !following() || at === 0) return;
    // A folded loop is one row: the last row that is not after the step.
    const rows = [...diagram.querySelectorAll(".step")].filter((row) => Number(row.dataset.step) <= at);
    if (rows.length) rows[rows.length - 1].classList.add("now");
  }

  function draw() {
    drawStage(); drawNow(); drawFate(); drawDanger(); drawThreads();
    drawGame(); drawValues(); drawHistory(); drawDiagram();
  }

  function go(to) {
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
    element("hunted").textContent =
      `I give up: no run from here leads to “${cast.target}”. I have looked at all ${queue.length} states that can follow.`;
  }

  function show(index) {
    cast = page.casts[index];
    trail = cast.schedule.slice();
    for (const [i, button] of [...element("casts").children].entries()) button.setAttribute("aria-pressed", String(i === index));
    go(0);
  }

  function keyed(event) {
    const inField = event.target.closest("input[type=checkbox], summary, pre, .diagram");
    if (event.altKey || event.ctrlKey || event.metaKey || inField) return;
    const slider = event.target === element("slider");
    const moves = { ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), Home: () => go(0), End: () => go(trail.length), s: () => go(nextSwitch()), S: () => go(nextSwitch()) };
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
  element("forward").addEventListener("click", () => go(at + 1));
  element("last").addEventListener("click", () => go(trail.length));
  element("switch").addEventListener("click", () => go(nextSwitch()));
  element("slider").addEventListener("input", (event) => go(Number(event.target.value)));
  element("hunt").addEventListener("click", hunt);
  element("follow").addEventListener("click", () => { trail = cast.schedule.slice(); go(Math.min(at, trail.length)); });
  element("risk").addEventListener("change", draw);
  document.addEventListener("keydown", keyed);
  for (const [index, id] of ["main-diagram", "fix-diagram"].entries()) {
    const diagram = element(id);
    if (!diagram) continue;
    diagram.addEventListener("click", (event) => {
      const row = event.target.closest(".step");
      if (!row) return;
      if (cast !== page.casts[index]) show(index);
      trail = cast.schedule.slice();
      go(Number(row.dataset.step));
    });
  }
  element("player").hidden = false;
  show(0);
})();
