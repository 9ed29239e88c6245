/* All tests in one process with one Chromium: some at a time, then those that stop parts of a shop. */

import { play } from './stage.mjs';
import './journey.test.mjs';
import './checkout.test.mjs';
import './session.test.mjs';
import './tabs.test.mjs';
import './storage.test.mjs';
import './cart.test.mjs';
import './browse.test.mjs';
import './keyboard.test.mjs';
import './injection.test.mjs';
import './staff.test.mjs';
import './network.test.mjs';
import './limits.test.mjs';
import './screens.test.mjs';
import './docs.test.mjs';

const easy = play('the storefront', { concurrency: 3 });

await import('./outage.test.mjs');
const hard = play('a shop that fails', { concurrency: 1 });

if (!easy && !hard) {
	console.error('no test has that in its name');
	process.exit(1);
}
