// The browser knows the time zone, so nobody is asked for it.
document.querySelectorAll("input[data-browser-zone]").forEach((field) => {
  if (!field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
});
