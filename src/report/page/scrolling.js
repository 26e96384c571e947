// What is too large for the window scrolls, and a line above it says so: only where it does.
"use strict";
(() => {
  const fits = (box) => box.scrollWidth <= box.clientWidth + 1 && box.scrollHeight <= box.clientHeight + 1;
  const watch = new ResizeObserver((boxes) => {
    for (const { target } of boxes) target.previousElementSibling.hidden = fits(target);
  });
  for (const box of document.querySelectorAll(".scrolls")) watch.observe(box);
})();
