import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/repositories/address_repository.dart';
import 'package:quick_commerce_app/data/services/device_store.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/ui/settings/settings_view_model.dart';

import '../../../testing/fakes/memory_store.dart';

void main() {
  late MemoryStore store;
  late ApiAddress address;
  late SettingsViewModel viewModel;

  setUp(() {
    store = MemoryStore();
    address = ApiAddress(store: store, initial: Uri.parse('http://shop.test'));
    viewModel = SettingsViewModel(address: address);
  });

  tearDown(() {
    viewModel.dispose();
    address.dispose();
  });

  test('stores another address', () async {
    await viewModel.take('http://192.168.1.7:8080');
    expect(viewModel.save.completed, isTrue);
    expect(viewModel.current, 'http://192.168.1.7:8080');
    expect(store.entries[StoreKey.address], 'http://192.168.1.7:8080');
  });

  test('refuses an invalid address, and keeps the old one', () async {
    await viewModel.take('my shop');
    expect(viewModel.wrongWith('address'), Texts.addressWrong);
    expect(viewModel.save.completed, isFalse);
    expect(viewModel.current, 'http://shop.test');
  });

  test('resets to the address of the build', () async {
    await viewModel.take('http://192.168.1.7:8080');
    await viewModel.reset.execute();
    expect(viewModel.current, viewModel.standard);
    expect(store.entries, isEmpty);
  });
}
