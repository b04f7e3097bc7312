// Sends a question without reloading the page. Without this script every form still works.
"use strict";

const conversation = document.getElementById("conversation");
const composer = document.getElementById("composer");
const question = document.getElementById("question");
const school = document.getElementById("school");
const problem = document.getElementById("problem");
const historyField = document.getElementById("history");
const welcome = document.getElementById("welcome");
const MAX_TURNS = 20;

let history = JSON.parse(historyField.value || "[]");
let busy = false;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form.ask")) return;
  event.preventDefault();
  if (busy) return;
  const data = new FormData(form, event.submitter);
  if (!data.has("school") && school) data.set("school", school.value);
  if (form !== composer && event.submitter && event.submitter.name === "school" && school) {
    school.value = event.submitter.value;
  }
  if (!data.has("history")) data.set("history", JSON.stringify(history));
  ask(data, form);
});

question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});

question.addEventListener("input", () => {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight + 2}px`;
});

async function ask(data, form) {
  const asked = String(data.get("question") || "").trim();
  problem.replaceChildren();
  const waiting = asked ? showWaiting(asked) : null;
  setBusy(true);
  try {
    const response = await fetch("/chat", {
      method: "POST",
      headers: { "X-Requested-With": "fetch" },
      body: new URLSearchParams(data),
    });
    const fragment = parse(await response.text());
    if (response.ok) {
      show(fragment, waiting);
      if (form === composer) question.value = "";
      question.style.height = "";
    } else if (response.status === 400 || response.status === 503) {
      problem.replaceChildren(fragment);
    } else {
      tell("Staffroom could not answer just now. Please try again.");
    }
  } catch {
    tell("Staffroom does not answer. Check that it is still running, and try again.");
  } finally {
    if (waiting) waiting.remove();
    setBusy(false);
    // on a touch screen the keyboard would cover the answer
    if (!matchMedia("(pointer: coarse)").matches) question.focus({ preventScroll: true });
  }
}

function show(fragment, waiting) {
  const answer = fragment.querySelector("article");
  history = [...history, ...JSON.parse(answer.dataset.turns)].slice(-MAX_TURNS);
  historyField.value = JSON.stringify(history);
  const asked = fragment.querySelector(".question");
  if (waiting) waiting.remove();
  conversation.append(fragment);
  welcome.hidden = true;
  asked.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
}

// The question and a sign of work, outside the live region: the answer alone is announced.
function showWaiting(asked) {
  const box = document.createElement("div");
  box.className = "waiting";
  const words = document.createElement("p");
  words.className = "question";
  words.textContent = asked;
  const dots = document.createElement("p");
  dots.className = "working";
  dots.setAttribute("role", "status");
  dots.textContent = "Looking in the documents";
  box.append(words, dots);
  conversation.after(box);
  welcome.hidden = true;
  box.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
  return box;
}

function tell(sentence) {
  const words = document.createElement("p");
  words.className = "problem";
  words.textContent = sentence;
  problem.replaceChildren(words);
}

function parse(html) {
  const fragment = document.createDocumentFragment();
  fragment.append(...new DOMParser().parseFromString(html, "text/html").body.children);
  return fragment;
}

function setBusy(now) {
  busy = now;
  conversation.setAttribute("aria-busy", String(now));
  composer.querySelector(".send").setAttribute("aria-disabled", String(now));
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
