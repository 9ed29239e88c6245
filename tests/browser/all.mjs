/* All scenes in one process with one Chromium: concurrent ones, then those that stop parts of a shop. */

import { runScenes } from './harness.mjs';
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

const concurrent = runScenes('the storefront', { concurrency: 3 });

await import('./outage.test.mjs');
const sequential = runScenes('a shop during outages', { concurrency: 1 });

if (!concurrent && !sequential) {
	console.error('no scene has a matching name');
	process.exit(1);
}
