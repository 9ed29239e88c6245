import '../../domain/models/cart.dart';
import '../../domain/models/order.dart';
import '../../domain/models/product.dart';
import '../../domain/models/profile.dart';
import '../../domain/models/sellable.dart';
import '../../domain/models/session.dart';
import '../../domain/models/tracking.dart';
import '../../utils/json.dart';

// The shop's answers as the app's models. Each throws a [FormatException] for an answer that
// breaks the API's contract.

Product productFromJson(Json json) => Product(
  productId: readString(json, '_id'),
  name: readString(json, 'name'),
  description: readString(json, 'description'),
  price: readPaise(json, 'price'),
  category: readString(json, 'category'),
  unit: readString(json, 'unit'),
  imageUrl: readString(json, 'image_url'),
  available: readBool(json, 'available'),
  // Without a stock, as in the published catalogue, a cart line may have its maximum.
  stock: readIntOrNull(json, 'stock') ?? maxQuantity,
);

CartLine cartLineFromJson(Json json) => CartLine(
  lineId: readString(json, '_id'),
  productId: readString(json, 'product_id'),
  quantity: readInt(json, 'quantity'),
  name: readString(json, 'name'),
  price: readPaise(json, 'price'),
  imageUrl: readString(json, 'image_url'),
  unit: readString(json, 'unit'),
  available: readBool(json, 'available'),
  stock: readInt(json, 'stock'),
);

OrderItem orderItemFromJson(Json json) => OrderItem(
  productId: readString(json, 'product_id'),
  quantity: readInt(json, 'quantity'),
  price: readPaise(json, 'price'),
  name: readStringOrNull(json, 'name'),
);

Order orderFromJson(Json json) => Order(
  orderId: readString(json, '_id'),
  items: readList(json, 'items', orderItemFromJson),
  total: readPaise(json, 'total'),
  createdAt: readTime(json, 'created_at'),
  status: OrderStatus.of(readString(json, 'status')),
  history: readList(json, 'history', orderStepFromJson),
);

OrderSummary orderSummaryFromJson(Json json) => OrderSummary(
  orderId: readString(json, '_id'),
  items: readList(json, 'items', orderItemFromJson),
  total: readPaise(json, 'total'),
  createdAt: readTime(json, 'created_at'),
);

OrderStep orderStepFromJson(Json json) =>
    OrderStep(status: OrderStatus.of(readString(json, 'status')), at: readTime(json, 'at'));

PlacedOrder placedOrderFromJson(Json json) =>
    PlacedOrder(orderId: readString(json, 'order_id'), total: readPaise(json, 'total'));

StatusNews statusNewsFromJson(Json json) => StatusNews(
  orderId: readString(json, 'order_id'),
  status: OrderStatus.of(readString(json, 'status')),
  at: readTime(json, 'last_updated'),
);

Profile profileFromJson(Json json) => Profile(
  userId: readString(json, 'id'),
  name: readString(json, 'name'),
  email: readString(json, 'email'),
  createdAt: readTime(json, 'created_at'),
);

/// From the answer of a login at [now].
Session sessionFromLogin(Json json, DateTime now) => Session(
  token: readString(json, 'access_token'),
  userId: readString(json, 'user_id'),
  expiresAt: now.toUtc().add(Duration(seconds: readInt(json, 'expires_in'))),
);
