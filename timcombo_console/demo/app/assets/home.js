import { config } from "/{{assets/config.js}}";

export async function render() {
  const section = document.createElement("section");
  const title = document.createElement("h1");
  title.textContent = "Good morning";
  const support = document.createElement("p");
  const { REACT_APP_SUPPORT_EMAIL } = await config();
  support.textContent = `Questions go to ${REACT_APP_SUPPORT_EMAIL ?? "your team lead"}.`;
  section.append(title, support);
  return section;
}
