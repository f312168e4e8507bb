// Small comforts for pages that work without them: dialogs, confirmations, filters, busy buttons, menus that close.
(() => {
  "use strict";

  const on = (type, selector, act) => document.addEventListener(type, (event) => {
    const found = event.target instanceof Element && event.target.closest(selector);
    if (found) act(found, event);
  });

  // A link with data-dialog="id" opens that <dialog>; without JavaScript it leads to a page that asks the same.
  on("click", "[data-dialog]", (link, event) => {
    const dialog = document.getElementById(link.dataset.dialog);
    if (!dialog?.showModal) return;
    event.preventDefault();
    link.closest("details.menu")?.removeAttribute("open");
    dialog.showModal();
  });

  // A filter marked data-autosubmit applies as soon as it is changed.
  on("change", "[data-autosubmit]", (control) => control.form.requestSubmit());

  // data-confirm on a form or on the pressed button asks first; then a form that changes something is sent only once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    const question = button?.dataset.confirm ?? form.dataset.confirm;
    if (form.dataset.sent || (question && !window.confirm(question))) return event.preventDefault();
    if ((button?.formMethod || form.method) !== "post" || (button ?? form).matches("[data-download], [data-download] *")) return;
    form.dataset.sent = "yes";
    button?.setAttribute("aria-busy", "true");
  });

  // A button with data-copy="text" puts it on the clipboard, where the browser lets pages do that.
  if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  on("click", "[data-copy]", async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    (button.querySelector("[role=status]") ?? button).textContent = "Copied";
  });

  // What is wrong in a form is where typing goes on.
  document.querySelector("[aria-invalid=true]")?.focus();

  // Going back must find the form ready again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
  });

  // Menus close when something else is pressed, and on Escape.
  const openMenus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();
