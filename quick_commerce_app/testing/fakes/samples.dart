import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/cart.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/product.dart';
import 'package:quick_commerce_app/domain/models/profile.dart';
import 'package:quick_commerce_app/domain/models/sellable.dart';
import 'package:quick_commerce_app/domain/models/session.dart';

// The initial models of the fakes. Tests of the models of answers use the recorded ones in
// `testing/samples/`.

const Product sampleMilk = Product(
  productId: '665000000000000000000201',
  name: 'Milk 1L',
  description: 'Full-cream milk.',
  price: 6000,
  category: 'Dairy',
  unit: '1 L',
  imageUrl: '/pictures/1f95b.webp',
  available: true,
  stock: 500,
);

const Product sampleBread = Product(
  productId: '665000000000000000000301',
  name: 'Bread',
  description: 'A soft white loaf.',
  price: 4050,
  category: 'Bakery',
  unit: '400 g',
  imageUrl: '/pictures/1f35e.webp',
  available: true,
  stock: 3,
);

const Product sampleSoldOut = Product(
  productId: '665000000000000000000101',
  name: 'Apple 1kg',
  description: 'Crisp apples.',
  price: 12000,
  category: 'Fruits',
  unit: '1 kg',
  imageUrl: '/pictures/1f34e.webp',
  available: true,
  stock: 0,
);

const List<Product> sampleProducts = [sampleMilk, sampleBread, sampleSoldOut];

/// A cart line for a product, with an id of the shop.
CartLine sampleLine(Sellable product, int quantity, {String? lineId}) => CartLine(
  lineId: lineId ?? 'line-${product.productId}',
  productId: product.productId,
  quantity: quantity,
  name: product.name,
  price: product.price,
  imageUrl: product.imageUrl,
  unit: product.unit,
  available: product.available,
  stock: product.stock,
);

final Session sampleSession = Session(
  token: 'token',
  userId: '6b037802bb724bd6bf0a3c51',
  expiresAt: DateTime.utc(2100),
);

final Profile sampleProfile = Profile(
  userId: '6b037802bb724bd6bf0a3c51',
  name: 'Asha',
  email: 'asha@example.com',
  createdAt: DateTime.utc(2026, 1, 2, 3, 4),
);

const String sampleOrderId = '6b037802d369eeaa69026671';

const PlacedOrder samplePlacedOrder = PlacedOrder(orderId: sampleOrderId, total: 12000);

const List<OrderItem> sampleItems = [
  OrderItem(productId: '665000000000000000000201', quantity: 2, price: 6000, name: 'Milk 1L'),
];

/// An order in the state [status], with a minute for each step.
Order sampleOrder({OrderStatus status = OrderStatus.placed}) {
  final placedAt = DateTime.utc(2026, 11, 22, 10);
  final steps = status == OrderStatus.cancelled
      ? const [OrderStatus.placed, OrderStatus.cancelled]
      : OrderStatus.steps.sublist(0, OrderStatus.steps.indexOf(status) + 1);
  return Order(
    orderId: sampleOrderId,
    items: sampleItems,
    total: 12000,
    createdAt: placedAt,
    status: status,
    history: [
      for (final (index, step) in steps.indexed)
        OrderStep(
          status: step,
          at: placedAt.add(Duration(minutes: index)),
        ),
    ],
  );
}

final OrderSummary sampleOrderSummary = OrderSummary(
  orderId: sampleOrderId,
  items: const [OrderItem(productId: '665000000000000000000201', quantity: 2, price: 6000)],
  total: 12000,
  createdAt: DateTime.utc(2026, 11, 22, 10),
);

const Offline sampleOffline = Offline(requestId: 'app-0000000000000001');
const Unavailable sampleUnavailable = Unavailable(
  requestId: 'app-0000000000000002',
  retryAfter: Duration(seconds: 2),
);
const TooMany sampleTooMany = TooMany(
  requestId: 'app-0000000000000003',
  retryAfter: Duration(seconds: 2),
);
const Refused sampleProductNotFound = Refused(
  requestId: 'app-0000000000000004',
  status: 404,
  code: 'product_not_found',
  detail: 'Product not found',
);
