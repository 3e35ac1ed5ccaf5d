const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];

export async function render() {
  const table = document.createElement("table");
  for (const day of DAYS) {
    const row = table.insertRow();
    row.insertCell().textContent = day;
    row.insertCell().textContent = "{{hours}} h";
  }
  return table;
}
