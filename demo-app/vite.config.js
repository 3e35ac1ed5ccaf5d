import { defineConfig } from "vite";

export default defineConfig({
  define: { __RELEASE__: JSON.stringify(process.env.RELEASE ?? "0.0.0") },
  esbuild: { jsx: "automatic" },
  build: { sourcemap: true },
});
