// Small comforts; every page works without them. Loaded deferred, with the nonce of the page.
"use strict";

const closest = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;

// Dialogs: without script they open as popovers; with it they are modal.
document.addEventListener("click", (event) => {
  const opener = closest(event, "[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog && typeof dialog.showModal === "function") {
      event.preventDefault();
      if (!dialog.open) {
        dialog.showModal();
        const first = dialog.querySelector("[autofocus]");
        if (first) first.focus();
      }
      dialog.addEventListener("close", () => opener.focus(), { once: true });
    }
    return;
  }
  const closer = closest(event, "[data-dialog-close]");
  if (closer) {
    const dialog = closer.closest("dialog");
    if (dialog && dialog.open) { event.preventDefault(); dialog.close(); }
    return;
  }
  if (event.target instanceof HTMLDialogElement && event.target.open && event.target.matches(":modal")) {
    const edge = event.target.getBoundingClientRect();
    const inside = event.clientX >= edge.left && event.clientX <= edge.right && event.clientY >= edge.top && event.clientY <= edge.bottom;
    if (!inside) event.target.close();
  }
});

// Menus: one open at a time; Escape and a click beside close, and focus goes back.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector("details[data-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); event.preventDefault(); return; }
    const side = document.querySelector(".side[data-open]");
    if (side) closeSide(side);
  }
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && closest(event, "details[data-menu][open]")) {
    const menu = closest(event, "details[data-menu]");
    const items = [...menu.querySelectorAll(".menu__panel :is(a, button)")];
    if (!items.length) return;
    const at = items.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? (at + 1) % items.length : (at <= 0 ? items.length : at) - 1;
    items[next].focus();
    event.preventDefault();
  }
});

// A menu inside a frame that scrolls would be cut off: it is laid over the page instead.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLElement) || !menu.matches("details[data-menu]")) return;
  const panel = menu.querySelector(".menu__panel");
  if (!menu.open || !panel || !menu.closest(".frame, .segmented, .tabs")) return;
  const edge = menu.querySelector("summary").getBoundingClientRect();
  panel.style.position = "fixed";
  const size = panel.getBoundingClientRect();
  const left = Math.min(Math.max(8, edge.right - size.width), innerWidth - size.width - 8);
  const below = edge.bottom + 6 + size.height <= innerHeight;
  panel.style.left = `${left}px`;
  panel.style.right = "auto";
  panel.style.top = below ? `${edge.bottom + 6}px` : `${Math.max(8, edge.top - 6 - size.height)}px`;
  panel.style.bottom = "auto";
  addEventListener("scroll", () => { menu.open = false; }, { once: true, capture: true });
}, true);

// The side on a phone.
let sideOpener = null;
function closeSide(side) {
  delete side.dataset.open;
  if (sideOpener) sideOpener.focus();
}
document.addEventListener("click", (event) => {
  const side = document.getElementById("side");
  if (!side) return;
  const opener = closest(event, "[data-side-open]");
  if (opener) {
    event.preventDefault();
    sideOpener = opener;
    side.dataset.open = "";
    const first = side.querySelector(".side__close");
    if (first) first.focus();
  } else if (closest(event, "[data-side-close]")) {
    event.preventDefault();
    if (location.hash === "#side") history.replaceState(null, "", location.pathname + location.search);
    closeSide(side);
  }
});

// Passwords can be read by their writer.
document.addEventListener("click", (event) => {
  const button = closest(event, "[data-show-secret]");
  if (!button) return;
  const input = document.getElementById(button.getAttribute("aria-controls"));
  if (!input) return;
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
  const other = button.dataset.hide;
  button.dataset.hide = button.textContent;
  button.textContent = other;
});

// Toasts leave after ten seconds, unless somebody is reading or about to undo.
function ripen(toast) {
  if (toast.dataset.ripe) return;
  toast.dataset.ripe = "1";
  let left = setTimeout(() => toast.remove(), 10000);
  for (const pause of ["mouseenter", "focusin"]) toast.addEventListener(pause, () => clearTimeout(left));
  for (const resume of ["mouseleave", "focusout"]) toast.addEventListener(resume, () => { clearTimeout(left); left = setTimeout(() => toast.remove(), 10000); });
}
document.addEventListener("click", (event) => {
  const close = closest(event, "[data-toast-close]");
  if (close) close.closest("[data-toast]").remove();
});

// The chosen file is named in the drop.
document.addEventListener("change", (event) => {
  const drop = closest(event, "[data-filedrop]");
  if (!drop || event.target.type !== "file") return;
  const name = drop.querySelector("[data-filedrop-name]");
  if (name && event.target.files.length) name.textContent = [...event.target.files].map((file) => file.name).join(", ");
});
for (const type of ["dragenter", "dragover"]) document.addEventListener(type, (event) => { const drop = closest(event, "[data-filedrop]"); if (drop) drop.dataset.over = ""; });
for (const type of ["dragleave", "drop"]) document.addEventListener(type, (event) => { const drop = closest(event, "[data-filedrop]"); if (drop) delete drop.dataset.over; });

// A form is sent once; its button says that it works.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method.toLowerCase() !== "post" || form.target) return;
  if (form.dataset.sent && Date.now() - Number(form.dataset.sent) < 8000) { event.preventDefault(); return; }
  form.dataset.sent = String(Date.now());
  if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
});

// A select that sends its form when it changes: the button beside it serves those without script.
document.addEventListener("change", (event) => {
  const control = closest(event, "[data-sends]");
  if (control && control.form) control.form.requestSubmit();
});

// Copy what stands in another element.
document.addEventListener("click", async (event) => {
  const button = closest(event, "[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
  const before = button.textContent;
  button.textContent = button.dataset.copied || before;
  setTimeout(() => { button.textContent = before; }, 2000);
});

// "/" finds.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]")) return;
  const find = document.querySelector("[data-find]");
  if (find) { event.preventDefault(); find.focus(); find.select(); }
});

function settle(root) {
  for (const zone of root.querySelectorAll("[data-browser-zone]")) {
    if (!zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  }
  for (const toast of root.querySelectorAll("[data-toast]")) ripen(toast);
  const errors = root.querySelector("[data-errors]");
  if (errors) errors.focus();
}
settle(document);
document.addEventListener("htmx:load", (event) => settle(event.detail.elt));
