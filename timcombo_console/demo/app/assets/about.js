import { config } from "/{{assets/config.js}}";

export async function render() {
  const list = document.createElement("dl");
  const values = { Release: "{{version}}", ...(await config()) };
  for (const [key, value] of Object.entries(values)) {
    const name = document.createElement("dt");
    const text = document.createElement("dd");
    name.textContent = key;
    text.textContent = value;
    list.append(name, text);
  }
  return list;
}
