const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];

export default function Week({ release }) {
  return (
    <ul id="week" data-release={release} data-built={__RELEASE__}>
      {DAYS.map((day) => (
        <li key={day}>{day}</li>
      ))}
    </ul>
  );
}
