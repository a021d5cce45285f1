// The builder of surveys: the preview follows what is typed, Alt+Up/Down moves a question, Ctrl+S saves.
(() => {
  const form = document.querySelector("form[data-builder]");
  const preview = form && form.querySelector("[data-preview]");
  if (form && preview) {
    let waiting;
    const show = () => {
      for (const choice of document.querySelectorAll("[data-preview-choice]")) {
        let field = form.querySelector(`input[name="${choice.name}"]`);
        if (!field) {
          field = Object.assign(document.createElement("input"), { type: "hidden", name: choice.name });
          form.append(field);
        }
        field.value = choice.value;
      }
      form.requestSubmit(preview);
    };
    form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 400); });
    for (const choice of document.querySelectorAll("[data-preview-choice]")) choice.addEventListener("change", show);
  }
  document.addEventListener("keydown", (event) => {
    if (form && (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
      const save = form.querySelector("[data-save]");
      if (save) { event.preventDefault(); form.requestSubmit(save); }
    }
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const row = event.target instanceof Element && event.target.closest(".asks__row");
      const button = row && row.querySelector(`[data-move="${event.key === "ArrowUp" ? "up" : "down"}"]`);
      if (button && !button.disabled) { event.preventDefault(); button.click(); }
    }
  });
})();
