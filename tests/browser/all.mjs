/* All tests in one process with one Chromium: some at a time, then those that stop parts of a shop. */

import { play } from './stage.mjs';
import './journey.test.mjs';
import './checkout.test.mjs';
import './session.test.mjs';
import './tabs.test.mjs';
import './cart.test.mjs';
import './browse.test.mjs';
import './keyboard.test.mjs';
import './injection.test.mjs';
import './staff.test.mjs';
import './network.test.mjs';
import './limits.test.mjs';
import './screens.test.mjs';
import './docs.test.mjs';

play('the storefront', { concurrency: 3 });

await import('./outage.test.mjs');
play('a shop that fails', { concurrency: 1 });
