/* Small manners in the browser. Every page works without this file. */
"use strict";
(() => {
  const each = (selector, work, root = document) => root.querySelectorAll(selector).forEach(work);

  // Dialogs, toasts, files shown before they are sent.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-cc-open]");
    if (opener) document.getElementById(opener.dataset.ccOpen)?.showModal();
    const closer = event.target.closest("[data-cc-close]");
    if (closer) closer.closest("dialog")?.close();
    if (event.target instanceof HTMLDialogElement) event.target.close();
    event.target.closest("[data-cc-dismiss]")?.closest(".cc-toast, .cc-notice")?.remove();
    if (event.target.closest("[data-cc-print]")) window.print();
  });

  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.type !== "file") return;
    const next = input.nextElementSibling;
    if (next?.classList.contains("cc-preview")) { URL.revokeObjectURL(next.src); next.remove(); }
    const file = input.files?.[0];
    if (!file || !file.type.startsWith("image/")) return;
    const image = new Image();
    image.className = "cc-preview";
    image.alt = file.name;
    image.src = URL.createObjectURL(file);
    input.after(image);
  });

  // Keys: F2, F4, Ctrl+Enter, "/" … stand in data-cc-key beside what they do.
  const pressed = (event) =>
    [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && event.key.length > 1 && "Shift", event.key]
      .filter(Boolean).join("+").toLowerCase();
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = event.target.matches?.("input, textarea, select");
    if (typing && event.key.length === 1 && !event.ctrlKey && !event.altKey) {
      // Whoever calls for the box in which they already stand, empty, means the box and no letter.
      if (event.key === event.target.dataset.ccKey && !event.target.value) event.preventDefault();
      return;
    }
    const wanted = pressed(event);
    const open = document.querySelector("dialog[open]");
    for (const element of (open ?? document).querySelectorAll("[data-cc-key]")) {
      if (element.dataset.ccKey.toLowerCase() !== wanted || element.disabled) continue;
      event.preventDefault();
      if (element.matches("input, textarea, select")) { element.focus(); element.select?.(); } else element.click();
      return;
    }
  });

  // Focus goes to what needs attention; a second press of a sending button does nothing.
  const greet = (root) => {
    const first = root.querySelector?.("[data-cc-focus]") ?? (root.matches?.("[data-cc-focus]") ? root : null);
    first?.focus();
    each("[data-cc-countdown]", countdown, root);
    each("[data-cc-dismiss-after]", (element) => setTimeout(() => element.remove(), Number(element.dataset.ccDismissAfter) * 1000), root);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("hx-post") || form.hasAttribute("hx-get") || form.method === "get" || form.method === "dialog") return;
    if (form.dataset.ccSent) { event.preventDefault(); return; }
    form.dataset.ccSent = "1";
  });
  window.addEventListener("pageshow", () => each("form[data-cc-sent]", (form) => delete form.dataset.ccSent));

  // The kiosk's time left: a <progress max="30" value="30" data-cc-countdown="/kiosk/">.
  function countdown(bar) {
    if (bar.dataset.ccRunning) return;
    bar.dataset.ccRunning = "1";
    const label = document.querySelector(bar.dataset.ccLabel ?? "#cc-seconds");
    const end = performance.now() + bar.value * 1000;
    const tick = () => {
      if (!bar.isConnected) return;
      const left = Math.max(0, (end - performance.now()) / 1000);
      bar.value = left;
      if (label) label.textContent = String(Math.ceil(left));
      if (left > 0) setTimeout(tick, 250);
      else if (bar.dataset.ccCountdown) location.assign(bar.dataset.ccCountdown);
    };
    tick();
  }

  // On a phone a door's functions stand in one row: it begins with the one that is open in view.
  const showWhere = () => each(".cc-nav [aria-current]", (item) => {
    const row = item.closest(".cc-nav");
    if (row.scrollWidth > row.clientWidth) row.scrollLeft += item.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - item.offsetWidth) / 2;
  });
  document.addEventListener("DOMContentLoaded", () => { greet(document); showWhere(); });
  // Settled, not only swapped: before that a form is not htmx's yet, and a quick Enter would load the page anew.
  document.addEventListener("htmx:afterSettle", (event) => greet(event.detail.target ?? document));
  // Without a network: say so kindly where a refusal would stand.
  document.addEventListener("htmx:sendError", () => {
    const offline = document.getElementById("cc-offline");
    const slot = document.getElementById("cc-refusal");
    if (offline && slot) slot.replaceChildren(offline.content.cloneNode(true));
  });
})();
