// The page's entry.
import { render } from "preact";
import { App } from "./app.js";
import { Store } from "./store.js";

const store = new Store(new URL("worker.js", document.baseURI).href);
render(<App store={store} />, document.getElementById("app")!);
