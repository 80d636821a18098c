/* The counter's keys and small helps. Every step works without this file, too. */
"use strict";
(() => {
  const panes = () => document.getElementById("panes");
  const typing = (target) => target?.matches?.("input:not([type=checkbox], [type=radio], [type=file]), textarea, select");

  // An answer without our panes is another page (signed out, an error of ours): go there.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "panes" || event.detail.serverResponse.includes('id="panes"')) return;
    event.detail.shouldSwap = false;
    location.assign(event.detail.xhr.responseURL || location.href);
  });

  // Something changed by itself: draw the page anew, unless somebody is in the middle of a field.
  document.addEventListener("counter-changed", () => {
    const chosen = [...document.querySelectorAll("main input[type=file]")].some((input) => input.files?.length);
    if (chosen || typing(document.activeElement) || document.querySelector("dialog[open]")) return;
    htmx.ajax("GET", location.href, { source: panes(), target: "#panes", select: "#panes > *", swap: "innerHTML show:none" });
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    const target = event.target;
    if (event.key === "F4" && plain) {
      event.preventDefault();
      (panes()?.querySelector("[data-counter-print]") ?? document.querySelector("[data-counter-print]"))?.click();
    } else if (event.key === "Escape" && typing(target) && !target.closest("dialog")) {
      target.blur();
      document.getElementById("main")?.focus();
    } else if (plain && !typing(target)) {
      if (!crops(event)) moves(event) || ticks(event);
    }
  }, true);

  // Arrows walk the results, or the queue.
  function moves(event) {
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || event.target.matches("input, summary")) return false;
    const list = event.target.closest("[data-counter-list]") ?? document.getElementById("queue");
    const links = [...(list?.querySelectorAll("a") ?? [])];
    if (!links.length) return false;
    event.preventDefault();
    const at = links.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? at + 1 : at < 0 ? links.length - 1 : at - 1;
    links[Math.max(0, Math.min(next, links.length - 1))].focus();
    return true;
  }

  // On the page of services, number keys tick and Enter goes on.
  function ticks(event) {
    const box = document.querySelector(`[data-counter-tick="${CSS.escape(event.key)}"]`);
    if (box) {
      event.preventDefault();
      event.stopPropagation();
      box.click();
      box.focus();
    } else if (event.key === "Enter" && event.target.matches("[data-counter-tick]")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  }

  // The cut box: arrows move it, plus and minus resize it, Enter keeps it. The server checks it again.
  function crops(event) {
    const form = event.target.closest("[data-counter-crop]");
    if (!form || event.target.closest("button")) return false;
    const move = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", "+": "bigger", "=": "bigger", "-": "smaller" }[event.key];
    if (!move && event.key !== "Enter") return false;
    event.preventDefault();
    if (move) cut(form, move); else document.querySelector("[data-counter-save]")?.click();
    return true;
  }
  function cut(form, move) {
    const drawing = form.querySelector("[data-counter-cut]");
    const [width, height] = [Number(drawing.dataset.width), Number(drawing.dataset.height)];
    const [across, down] = [Number(form.dataset.across), Number(form.dataset.down)];
    const field = (side) => form.elements.namedItem(side);
    const box = Object.fromEntries(["x", "y", "w", "h"].map((side) => [side, Number(field(side).value)]));
    const step = Math.max(1, Math.floor(Math.max(width, height) / 40));
    const [dx, dy, grows] = { left: [-1, 0, 0], right: [1, 0, 0], up: [0, -1, 0], down: [0, 1, 0], bigger: [0, 0, 1], smaller: [0, 0, -1] }[move];
    const most = Math.min(Math.floor(width / across), Math.floor(height / down));
    const units = Math.min(Math.max(Math.floor(box.w / across) + grows, Math.floor(most / 4), 1), most);
    const [w, h] = [units * across, units * down];
    const x = Math.min(Math.max(box.x + dx * step - Math.floor((w - box.w) / 2), 0), width - w);
    const y = Math.min(Math.max(box.y + dy * step - Math.floor((h - box.h) / 2), 0), height - h);
    for (const [side, value] of Object.entries({ x, y, w, h })) field(side).value = value;
    const rect = drawing.querySelector(".counter-cut__box");
    for (const [name, value] of Object.entries({ x, y, width: w, height: h })) rect.setAttribute(name, value);
    drawing.querySelector(".counter-cut__veil").setAttribute("d", `M0 0H${width}V${height}H0Z M${x} ${y}h${w}v${h}h-${w}z`);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-counter-crop] [name=move]");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    cut(button.form, button.value);
  }, true);

  // Questions that hang on another answer show when it is given.
  function dependents(root) {
    for (const block of root.querySelectorAll("[data-counter-when]")) {
      const form = block.closest("form");
      const given = new FormData(form).get(block.dataset.counterWhen) ?? "";
      block.hidden = !block.dataset.counterWanted.split(" ").includes(String(given));
    }
  }
  document.addEventListener("change", (event) => {
    if (event.target.form?.matches("[data-counter-form]")) dependents(event.target.form);
    const form = event.target.closest("[data-counter-papers]");
    if (form && event.target.type === "file") document.querySelector("[data-counter-upload]")?.focus();
  });

  // The first empty field is where a clerk begins to type; an error summary or a marked element comes first.
  function begin(root) {
    dependents(document);
    for (const button of root.querySelectorAll("[data-counter-camera]")) button.hidden = !navigator.mediaDevices?.getUserMedia;
    if (document.querySelector("#panes [data-cc-focus]")) return;
    const fields = [...document.querySelectorAll("#panes [data-counter-form] :is(input, select, textarea)")]
      .filter((field) => field.type !== "hidden" && field.checkVisibility());
    const wanted = (field) => !field.value && !["radio", "checkbox"].includes(field.type) && !field.closest(".cc-field")?.querySelector(".cc-optional");
    const first = fields.find(wanted) ?? fields[0];
    first?.focus();
  }

  // The camera at the counter: a still goes into the file field, as if it had been chosen.
  let stream, wanted;
  document.addEventListener("click", async (event) => {
    const opener = event.target.closest("[data-counter-camera]");
    if (opener) await look(opener.dataset.counterCamera);
    if (event.target.closest("[data-counter-shoot]")) shoot();
  });
  async function look(id) {
    const dialog = document.getElementById("camera");
    wanted = document.getElementById(id);
    dialog.showModal();
    dialog.addEventListener("close", () => stream?.getTracks().forEach((track) => track.stop()), { once: true });
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 }, height: { ideal: 1440 } } });
      dialog.querySelector("video").srcObject = stream;
      dialog.querySelector("[data-counter-shoot]").focus();
    } catch (refused) {
      dialog.querySelector("[data-counter-camera-says]").textContent = refused.message;
    }
  }
  function shoot() {
    const video = document.querySelector("#camera video");
    if (!video.videoWidth) return;
    const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      const files = new DataTransfer();
      files.items.add(new File([blob], "camera.jpg", { type: "image/jpeg" }));
      wanted.files = files.files;
      document.getElementById("camera").close();
      wanted.dispatchEvent(new Event("change", { bubbles: true }));
    }, "image/jpeg", 0.92);
  }

  document.addEventListener("DOMContentLoaded", () => begin(document));
  document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.target?.id === "panes") begin(document); });
})();
