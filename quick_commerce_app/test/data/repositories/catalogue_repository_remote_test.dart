import 'dart:async';

import 'package:flutter_test/flutter_test.dart';
import 'package:http/http.dart' as http;
import 'package:quick_commerce_app/data/repositories/catalogue_repository_remote.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';

import '../../../testing/fakes/api_fixture.dart';
import '../../../testing/fakes/fake_shop.dart';

void main() {
  late ApiFixture fixture;
  late CatalogueRepositoryRemote catalogue;

  setUp(() {
    fixture = ApiFixture();
    catalogue = CatalogueRepositoryRemote(api: fixture.api, now: () => fixture.now);
    fixture.shop.always('GET /products', sampleAnswer('products_page'));
    fixture.shop.always('GET /categories', sampleAnswer('categories'));
  });
  tearDown(() => fixture.dispose());

  int asked() => fixture.shop.calls.length;

  test('a list is requested once within half a minute', () async {
    await catalogue.products(category: 'Fruits');
    fixture.now = fixture.now.add(const Duration(seconds: 29));
    final again = await catalogue.products(category: 'Fruits');
    expect(asked(), 1);
    expect(again.valueOrNull?.items, hasLength(4));
    fixture.now = fixture.now.add(const Duration(seconds: 1));
    await catalogue.products(category: 'Fruits');
    expect(asked(), 2);
  });

  test('another selection is another list', () async {
    await catalogue.products(category: 'Fruits');
    await catalogue.products(query: 'Fruits');
    await catalogue.products(category: 'Fruits', after: 'x');
    await catalogue.products(category: 'Fruits', limit: 10);
    expect(asked(), 4);
  });

  test('a refresh and an order bypass the cache', () async {
    await catalogue.products();
    await catalogue.products(fresh: true);
    await catalogue.categories();
    await catalogue.categories(fresh: true);
    expect(asked(), 4);
    catalogue.forget();
    await catalogue.products();
    await catalogue.categories();
    expect(asked(), 6);
  });

  test('a failure is not cached', () async {
    fixture.shop.next('GET /categories', lostAnswer);
    expect((await catalogue.categories()).errorOrNull, isA<Offline>());
    expect((await catalogue.categories()).valueOrNull, contains('Dairy'));
    await catalogue.categories();
    expect(asked(), 2);
  });

  test('a product that was read can be shown while it is loaded again', () async {
    const apple = '665000000000000000000001';
    expect(catalogue.peek(apple), isNull);
    await catalogue.products(category: 'Fruits');
    expect(catalogue.peek(apple)?.name, 'Apple 1kg');
    catalogue.forget();
    expect(catalogue.peek(apple)?.name, 'Apple 1kg');
  });

  test('answers of another shop are not cached', () async {
    final gate = Completer<void>();
    Future<http.StreamedResponse> late(ShopCall call) async {
      await gate.future;
      return sampleAnswer('products_page')(call);
    }

    fixture.shop.next('GET /products', late);
    final asking = catalogue.products();
    catalogue.forget(all: true);
    gate.complete();
    await asking;
    expect(catalogue.peek('665000000000000000000001'), isNull);
    await catalogue.products();
    expect(asked(), 2);
  });

  test('one product', () async {
    fixture.shop.next('GET /products/{product_id}', sampleAnswer('product'));
    final product = (await catalogue.product('665000000000000000000201')).valueOrNull;
    expect(product, isNotNull);
    expect(catalogue.peek(product!.productId), product);
    fixture.shop.next('GET /products/{product_id}', sampleAnswer('error_product_not_found'));
    final error = (await catalogue.product('x')).errorOrNull;
    expect(error, isA<Refused>().having((refused) => refused.code, 'code', 'product_not_found'));
  });
}
