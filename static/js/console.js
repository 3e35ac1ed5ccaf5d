// What the pages gain with a script. Every page works without it.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

  // Local time beside the UTC time of every <time>, on hover. Stored and filtered times stay UTC.
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  document.addEventListener("mouseover", ({ target }) => {
    const time = target.closest("time[datetime]");
    if (!time || time.dataset.local) return;
    time.dataset.local = "shown";
    const there = `${local.format(new Date(time.dateTime))} where you are`;
    time.title = time.title ? `${time.title}, ${there}` : there;
  });

  // Copies a request id.
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.setAttribute("aria-label", "Copied");
    button.title = "Copied";
  });

  // Menus: a cell's menu is fetched when it opens; one is open at a time; Escape and a click elsewhere close it.
  const MENUS = "details.menu, details.ask";
  const fill = async (menu) => {
    const version = menu.closest(".cell")?.querySelector(".ver");
    if (version && menu.childElementCount === 1) await htmx.ajax("GET", `${version.href}menu/`, { target: menu, swap: "beforeend" });
  };
  document.addEventListener("toggle", ({ target }) => {
    if (!target.matches(MENUS) || !target.open) return;
    for (const other of all(MENUS)) if (other !== target) other.open = false;
    fill(target);
  }, true);
  document.addEventListener("click", ({ target }) => {
    for (const menu of all(MENUS)) if (menu.open && !menu.contains(target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details.menu[open], details.ask[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // A button says that it works and keeps its width; a second click of the same form is not sent.
  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.method !== "post") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    if (!button?.dataset.working) return;
    button.style.minWidth = `${button.offsetWidth}px`;
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.working;
  });
  addEventListener("pageshow", () => { for (const form of all("form[data-sent]")) delete form.dataset.sent; });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
  });

  // Quick picks write the reason, or replace another pick; what a person typed stays.
  document.addEventListener("change", ({ target }) => {
    const field = target.closest("[data-fills]") && document.getElementById(target.closest("[data-fills]").dataset.fills);
    if (!field || (field.value && field.value !== field.dataset.picked)) return;
    field.value = field.dataset.picked = target.value;
  });

  // Polls. A hidden page asks nothing; the focused part and an open menu are swapped when they are left.
  const later = new Map();
  const busy = (element) =>
    element.contains(document.activeElement) || element.querySelector("details.menu[open], details.ask[open]");
  const same = (target, fresh) => {
    const plain = target.cloneNode(true);
    plain.classList.remove("htmx-request");
    if (!plain.className) plain.removeAttribute("class");
    return plain.isEqualNode(fresh);
  };
  const swap = (target, fresh) => {
    const { scrollTop } = target;
    target.replaceWith(fresh);
    fresh.scrollTop = scrollTop;
    htmx.process(fresh);
    fresh.dispatchEvent(new CustomEvent("swapped", { bubbles: true }));
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    const poll = event.target.getAttribute("hx-trigger")?.startsWith("every");
    if (poll && document.hidden) event.preventDefault();
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const fresh = fragment.nodeType === Node.ELEMENT_NODE ? fragment : fragment.firstElementChild;
    if (!fresh?.id) return;
    event.detail.shouldSwap = false;
    later.delete(fresh.id);
    if (same(target, fresh)) return;
    if (target.getAttribute("role") === "status") target.textContent = fresh.textContent;
    else if (busy(target)) later.set(fresh.id, fresh.cloneNode(true));
    else swap(target, fresh.cloneNode(true));
  });
  const catchUp = () => setTimeout(() => {
    for (const [id, fresh] of later) {
      const target = document.getElementById(id);
      if (target && busy(target)) continue;
      later.delete(id);
      if (target) swap(target, fresh);
    }
  });
  document.addEventListener("focusout", catchUp);
  document.addEventListener("toggle", catchUp, true);

  // The note that the connection is gone, until an answer comes again.
  const offline = document.getElementById("offline");
  let seen = new Date();
  const connected = (yes) => {
    if (yes) seen = new Date();
    else if (offline.hidden) offline.querySelector("[data-seen]").textContent = `${seen.toISOString().slice(11, 19)} UTC`;
    offline.hidden = yes;
  };
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, () => connected(false));
  document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.successful) connected(true); });
  // A poll that is answered by a sign-in page, or that ended, loads the page anew.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (new URL(event.detail.xhr.responseURL, location).pathname.startsWith("/login")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });

  // Keyboard: j k move through cells and rows; p r t open a page of the one in focus; / filters; ? helps.
  const stops = () => all("[data-stop], .cell .ver, .ev > summary").filter((element) => element.offsetParent);
  const move = (step) => {
    const list = stops(), at = list.indexOf(document.activeElement);
    list[Math.min(Math.max(at + step, 0), list.length - 1)]?.focus();
  };
  const follow = async (key) => {     // the link of the cell in focus, which its menu knows, or the page's own
    const menu = document.activeElement.closest(".cell")?.querySelector(".menu");
    if (menu) await fill(menu);
    const link = (menu ?? document).querySelector(`a[data-key="${key}"]`);
    if (link) location.assign(link.href);
    else if (menu) menu.open = true;
  };
  const help = () => {
    const dialog = document.getElementById("keys");
    if (dialog) dialog.open ? dialog.close() : dialog.showModal();
  };
  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    p: () => follow("p"),
    r: () => follow("r"),
    t: () => follow("t"),
    "/": () => (document.querySelector(".tools .find input") ?? document.getElementById("find"))?.focus(),
    "?": help,
  };
  document.addEventListener("click", ({ target }) => { if (target.closest("[data-help]")) help(); });
  if ("shortcuts" in document.body.dataset) {
    document.addEventListener("keydown", (event) => {
      const act = KEYS[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      event.preventDefault();
      act();
    });
  }
})();
