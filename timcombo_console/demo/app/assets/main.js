// A small single-page app: addresses are routes, pages that are rarely opened are loaded when they are.
const view = document.getElementById("view");

const routes = {
  "/": () => import("/{{assets/home.js}}"),
  "/week": () => import("/{{assets/week.js}}"),
  "/about": () => import("/{{assets/about.js}}"),
};

async function show(path) {
  const load = routes[path] ?? routes["/"];
  const { render } = await load();
  view.replaceChildren(await render());
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-link]");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  history.pushState({}, "", link.href);
  show(link.pathname);
});
addEventListener("popstate", () => show(location.pathname));
show(location.pathname);
