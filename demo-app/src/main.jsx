import { lazy, StrictMode, Suspense, useState } from "react";
import { createRoot } from "react-dom/client";

import "./style.css";

const Week = lazy(() => import("./Week.jsx"));

function App() {
  const [open, setOpen] = useState(false);
  return (
    <main>
      <h1>Timesheets</h1>
      <p>
        Release <b id="release">{__RELEASE__}</b>
      </p>
      <button type="button" onClick={() => setOpen(true)}>
        Open the week
      </button>
      <Suspense fallback={<p>Loading</p>}>{open && <Week release={__RELEASE__} />}</Suspense>
    </main>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
