// Extras; every page works without them.
"use strict";

// The moment in the time zone of the reader.
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  if (!Number.isNaN(moment.getTime())) {
    time.title = moment.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "long" });
  }
}

// Copy buttons: <button hidden data-copy="ID">. A screen reader reads the announcement.
const announcement = document.createElement("p");
announcement.setAttribute("role", "status");
announcement.className = "offscreen";
if (document.querySelector("button[data-copy]")) document.querySelector("main").append(announcement);
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(source);
    if (!isSecureContext) return;
    try {
      await navigator.clipboard.writeText(source.textContent);
      const label = button.textContent;
      button.textContent = button.dataset.copied || label;
      announcement.textContent = button.textContent;
      setTimeout(() => { button.textContent = label; announcement.textContent = ""; }, 2000);
    } catch {
      // What is selected can be copied by hand.
    }
  });
}

// A link of the form /setup#TICKET.
for (const form of document.querySelectorAll("form[data-hash]")) {
  const field = form.elements.namedItem(form.dataset.hash);
  if (field && location.hash.length > 1) {
    field.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
  }
}

// A form whose answer shows something once: a double click sends it once.
for (const form of document.querySelectorAll("form[data-single]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "true";
  });
}

// A page from the memory of the browser may show what was shown once, or who was signed in.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// A secret that is not saved yet: <main> holds an element with data-unsaved; a form or link with data-saved ends it.
if (document.querySelector("[data-unsaved]")) {
  let isSaved = false;
  for (const end of document.querySelectorAll("[data-saved]")) {
    end.addEventListener("click", () => { isSaved = true; });
  }
  addEventListener("beforeunload", (event) => {
    if (!isSaved) event.preventDefault();
  });
}
