/* Comforts of the outreach pages; each page works without them. */
(() => {
  "use strict";

  // A merge field goes in where the caret stands; Ctrl+Enter sends the form one is writing in.
  const put = (field, text) => {
    const start = field.selectionStart ?? field.value.length;
    field.setRangeText(text, start, field.selectionEnd ?? start, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };

  let last = null;
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("#id_subject, #id_body")) last = event.target;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const field = last ?? document.getElementById(button.dataset.insert);
    if (field) put(field, button.textContent);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea")) return;
    event.target.form?.requestSubmit(event.target.form.querySelector(".button--primary"));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
  });

  // Opening a case reads its alerts: told quietly, so that looking at a page by link alone changes nothing.
  const quiet = document.querySelector("form[data-quiet]");
  if (quiet) fetch(quiet.action, { method: "POST", body: new FormData(quiet), redirect: "manual" });
})();
