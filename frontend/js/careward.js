// Every page works without this file; it only makes some things quicker.
import {
  Button,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  Radios,
  SkipLink,
  createAll,
} from "govuk-frontend";

import { offerCopying } from "./copy.js";
import { offerDropping } from "./drop.js";
import { offerLooking } from "./live.js";
import { offerHandling } from "./paper.js";
import { offerPasskeys } from "./passkey.js";

createAll(Button, { preventDoubleClick: true });
createAll(Checkboxes);
createAll(ErrorSummary);
createAll(NotificationBanner);
createAll(Radios);
createAll(SkipLink);
offerCopying(document);
offerDropping(document);
offerHandling(document);
offerLooking(document);
offerPasskeys(document);
