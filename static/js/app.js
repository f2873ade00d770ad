// What every page runs. Each part listens by itself; pages bring their own modules in the block "scripts".
import "./theme.js";
import "./rail.js";
import "./toasts.js";
import "./errors.js";
import "./patience.js";
import "./dialogs.js";
import "./menus.js";
import "./choices.js";
import "./ai/prompt.js";
import { keepCookie } from "./cookies.js";

// The server shows times in the person's own zone; see config/timezone.py.
keepCookie("tz", Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC");
