import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';

import '../harness.dart';

void main() {
  testWidgets('an unknown address shows a message and a link to the shop', (tester) async {
    await openAt(tester, FakeApp(), '/nowhere');
    expect(find.text(Texts.noSuchPage), findsOneWidget);
    await tapOn(tester, find.text(Texts.toTheShop));
    expect(find.text(Texts.heroTitle), findsOneWidget);
  });
}
