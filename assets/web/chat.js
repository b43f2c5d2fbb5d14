/* The web chat: sends forms without leaving the page and shows new lines as they come.
   Without this script the page works too. All texts come from the page. */
(() => {
  "use strict";

  const chat = document.getElementById("chat");
  const log = document.getElementById("log");
  const composer = document.getElementById("composer");
  const text = document.getElementById("text");
  const status = document.getElementById("status");
  const newer = document.getElementById("newer");
  if (!chat || !log || !composer || !window.fetch || !window.EventSource) return;

  const texts = chat.dataset;
  const title = document.title;
  const LOST_AFTER_MS = 4000;
  const BACK_FOR_MS = 5000;
  const SLEEP_AFTER_MS = 120000;
  const DRAFT = "turvabot-draft";

  let after = Number(texts.after) || 0;
  let session = "session" in texts;

  /* Status line */

  function say(message, bad) {
    status.classList.toggle("bad", Boolean(bad));
    if (status.textContent !== message) status.textContent = message;
  }

  /* Scrolling: follow the conversation only while the resident is at its end. */

  let following = true;
  let first = null; // the first new line since the resident last did something
  let ownScroll = -1;

  const room = () => document.documentElement.scrollHeight - window.innerHeight;
  const atEnd = () => room() - window.scrollY < 96;

  function stripHeight() {
    const strip = document.querySelector(".emergency");
    return getComputedStyle(strip).position === "sticky" ? strip.offsetHeight : 0;
  }

  function dockTop() {
    const dock = document.querySelector(".dock");
    return getComputedStyle(dock).position === "sticky"
      ? dock.getBoundingClientRect().top
      : window.innerHeight;
  }

  /* To the end of the conversation, but not past the beginning of `line`. */
  function scrollToNew(line, behavior) {
    const end = document.getElementById("end").getBoundingClientRect().bottom - dockTop();
    const start = line ? line.getBoundingClientRect().top - stripHeight() - 12 : end;
    const top = Math.max(0, Math.min(room(), window.scrollY + Math.min(end + 16, start)));
    ownScroll = behavior === "smooth" ? -1 : top;
    window.scrollTo({ top, behavior: behavior || "auto" });
  }

  function reaches(line) {
    return line.getBoundingClientRect().top < dockTop() - 24;
  }

  window.addEventListener("scroll", () => {
    const last = log.lastElementChild;
    if (last && reaches(last)) newer.hidden = true;
    if (Math.abs(window.scrollY - ownScroll) < 2) return;
    following = atEnd();
    if (following) first = null;
  }, { passive: true });

  newer.addEventListener("click", () => {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    scrollToNew(first || log.lastElementChild, calm ? "auto" : "smooth");
    newer.hidden = true;
    following = true;
    text.focus({ preventScroll: true });
  });

  /* Lines */

  let unread = 0;

  function add(html, seq) {
    if (seq <= after) return;
    after = seq;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const line = holder.content.firstElementChild;
    if (!line) return;
    log.append(line);
    const start = document.getElementById("start");
    if (start) start.hidden = true;
    first = first || line;
    if (following) scrollToNew(first);
    if (!reaches(line)) newer.hidden = false;
    if (document.hidden && line.classList.contains("line-bot")) {
      unread += 1;
      document.title = `(${unread}) ${title}`;
    }
  }

  /* Connection */

  let source = null;
  let lostTimer = 0;
  let againTimer = 0;
  let sleepTimer = 0;
  let waitMs = 2000;
  let lost = false;

  function connect() {
    if (!session || (source && source.readyState !== EventSource.CLOSED)) return;
    clearTimeout(againTimer);
    source = new EventSource(`${texts.events}&after=${after}`);
    source.addEventListener("open", () => {
      clearTimeout(lostTimer);
      lostTimer = 0;
      waitMs = 2000;
      if (!lost) return;
      lost = false;
      say(texts.back);
      setTimeout(() => { if (status.textContent === texts.back) say(""); }, BACK_FOR_MS);
    });
    source.addEventListener("message", (event) => add(event.data, Number(event.lastEventId)));
    source.addEventListener("error", () => {
      lostTimer = lostTimer || setTimeout(() => {
        lost = true;
        say(texts.lost, true);
      }, LOST_AFTER_MS);
      // The browser connects again by itself, except after an answer that is no event stream.
      if (source && source.readyState === EventSource.CLOSED) {
        clearTimeout(againTimer);
        againTimer = setTimeout(connect, waitMs);
        waitMs = Math.min(waitMs * 2, 60000);
      }
    });
  }

  function disconnect() {
    clearTimeout(againTimer);
    clearTimeout(lostTimer);
    lostTimer = 0;
    if (source) source.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(sleepTimer);
    if (document.hidden) {
      sleepTimer = setTimeout(disconnect, SLEEP_AFTER_MS);
    } else {
      unread = 0;
      document.title = title;
      connect();
    }
  });
  window.addEventListener("online", connect);
  window.addEventListener("pagehide", disconnect);
  window.addEventListener("pageshow", connect);

  /* Sending */

  let pending = false;

  async function reason(answer) {
    try {
      return (await answer.json()).message || texts.failed;
    } catch {
      return texts.failed;
    }
  }

  function sent(answer, form) {
    if (answer.headers.get("x-turvabot-session") === "new" && session) {
      location.replace("/"); // the old session is over: show the new one only
      return;
    }
    session = true;
    say("");
    if (form === composer) {
      text.value = "";
      resize();
    }
    if (form.id === "start") {
      history.replaceState(null, "", "/");
    }
    connect();
  }

  async function send(form, button) {
    if (pending) return;
    const body = new URLSearchParams();
    if (form === composer) {
      if (!text.value.trim()) return;
      if (new TextEncoder().encode(text.value).length > Number(texts.maxBytes)) {
        say(texts.tooLong, true);
        return;
      }
      body.set("text", text.value);
    } else if (button && button.name) {
      body.set(button.name, button.value);
    }
    say("");
    pending = true;
    form.setAttribute("aria-busy", "true");
    if (button) button.setAttribute("aria-disabled", "true");
    first = null;
    following = true;
    const slow = setTimeout(() => say(texts.sending), 800);
    try {
      const answer = await fetch("/say", {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      clearTimeout(slow);
      if (answer.ok) sent(answer, form);
      else say(await reason(answer), true);
    } catch {
      clearTimeout(slow);
      say(texts.failed, true);
    } finally {
      pending = false;
      form.removeAttribute("aria-busy");
      if (button) button.removeAttribute("aria-disabled");
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !("send" in form.dataset)) return;
    event.preventDefault();
    if (form === composer) text.focus({ preventScroll: true });
    send(form, event.submitter || form.querySelector("button"));
  });

  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send(composer, composer.querySelector("button"));
  });

  function resize() {
    if (CSS.supports("field-sizing", "content")) return;
    text.rows = Math.min(6, text.value.split("\n").length);
  }
  text.addEventListener("input", resize);

  /* A message that is being written survives a change of language. */

  document.querySelectorAll(".languages a").forEach((link) => {
    link.addEventListener("click", () => {
      try {
        sessionStorage.setItem(DRAFT, text.value);
      } catch { /* no storage: nothing to keep */ }
    });
  });
  try {
    text.value = text.value || sessionStorage.getItem(DRAFT) || "";
    sessionStorage.removeItem(DRAFT);
  } catch { /* no storage: nothing kept */ }

  document.getElementById("hint").hidden = false;
  text.setAttribute("aria-describedby", "hint");
  text.required = false;
  resize();
  if (log.lastElementChild) scrollToNew(null);
  connect();
})();
