/* What a client takes for granted of the types: compiled, never run. */

import type { components, operations, paths } from './description.js';

type Schemas = components['schemas'];
type Errors = 400 | 401 | 403 | 404 | 409 | 413 | 429 | 502 | 503 | 504;

export const bought: Schemas['CartAddition'] = { user_id: '6b037802bb724bd6bf0a3c51', product_id: '665', quantity: 2 };
export const states: Schemas['OrderStatus'][] =
	['PLACED', 'PACKED', 'OUT_FOR_DELIVERY', 'DELIVERED', 'CANCELLED'];

/* A word that is no state is refused by the compiler. */
// @ts-expect-error
export const lost: Schemas['OrderStatus'] = 'LOST';

/* Every error of a call is the one schema. */
type Refusal<S extends Errors & keyof operations['createOrder']['responses']> =
	operations['createOrder']['responses'][S]['content']['application/json'];
export const refused: Refusal<409> = { detail: 'Out of stock', code: 'out_of_stock', product_ids: ['665'] };
export const same: Refusal<503> = refused;

export function isOver(order: Schemas['Order']): boolean {
	return order.status === 'DELIVERED' || order.status === 'CANCELLED';
}

/* A stream is text; the data of its events is as x-events says. */
export type Stream = paths['/order/{order_id}/events']['get']['responses'][200]['content']['text/event-stream'];
export const text: Stream = 'event: status\n\n';
