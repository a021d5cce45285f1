/* Rows that are put in order by dragging; each has buttons that do the same. The form is sent with the new order. */
(() => {
  "use strict";

  let dragged = null;
  let before = null;
  const row = (event) => event.target instanceof Element ? event.target.closest("[data-order] > tr") : null;

  document.addEventListener("dragstart", (event) => {
    dragged = row(event);
    if (!dragged) return;
    before = dragged.nextElementSibling;
    dragged.dataset.dragged = "";
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
  });
  document.addEventListener("dragover", (event) => {
    const over = row(event);
    if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    if (over === dragged) return;
    const edge = over.getBoundingClientRect();
    over.parentElement.insertBefore(dragged, event.clientY < edge.top + edge.height / 2 ? over : over.nextElementSibling);
  });
  document.addEventListener("drop", (event) => {
    if (!dragged || !row(event)) return;
    event.preventDefault();
    const moved = dragged.nextElementSibling !== before;
    const form = document.getElementById(dragged.parentElement.dataset.order);
    before = dragged.nextElementSibling;
    if (moved && form) form.requestSubmit();
  });
  // Let go beside the table, or given up with Escape: back to where it was.
  document.addEventListener("dragend", () => {
    if (!dragged) return;
    if (dragged.nextElementSibling !== before) dragged.parentElement.insertBefore(dragged, before);
    delete dragged.dataset.dragged;
    dragged = null;
  });
})();
