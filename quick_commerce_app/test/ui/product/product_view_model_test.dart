import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/reachability_monitor.dart';
import 'package:quick_commerce_app/domain/models/product.dart';
import 'package:quick_commerce_app/ui/product/product_view_model.dart';

import '../../../testing/fakes/fake_catalogue_repository.dart';
import '../../../testing/fakes/samples.dart';

const Product _curd = Product(
  productId: 'curd',
  name: 'Curd',
  description: '',
  price: 3500,
  category: 'Dairy',
  unit: '400 g',
  imageUrl: '',
  available: true,
  stock: 9,
);

void main() {
  late FakeCatalogueRepository catalogue;
  late ReachabilityMonitor reachability;

  setUp(() {
    catalogue = FakeCatalogueRepository(stocked: [...sampleProducts, _curd]);
    reachability = ReachabilityMonitor();
  });

  tearDown(() => reachability.dispose());

  ProductViewModel make(String productId) =>
      ProductViewModel(productId: productId, catalogue: catalogue, reachability: reachability);

  test('shows the product, and others of its category without itself', () async {
    final viewModel = make(sampleMilk.productId);
    await viewModel.load.execute();
    expect(viewModel.product, sampleMilk);
    expect(viewModel.similar, [_curd]);
    expect(viewModel.isGone, isFalse);
    viewModel.dispose();
  });

  test('a product that does not exist any more is reported as missing', () async {
    final viewModel = make('nothing');
    await viewModel.load.execute();
    expect(viewModel.isGone, isTrue);
    expect(viewModel.product, isNull);
    viewModel.dispose();
  });

  test('loads when there is a connection again', () async {
    catalogue
      ..stocked = const []
      ..error = sampleOffline;
    reachability.lost();
    final viewModel = make(sampleMilk.productId);
    await viewModel.load.execute();
    expect(viewModel.product, isNull);
    catalogue
      ..stocked = sampleProducts
      ..error = null;
    reachability.reached();
    await Future<void>.delayed(Duration.zero);
    expect(viewModel.product, sampleMilk);
    viewModel.dispose();
  });
}
