import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/ui/core/faults.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';

void main() {
  testWidgets('a widget that can’t be built shows a message without ancestors', (tester) async {
    await tester.pumpWidget(const BrokenPart());
    expect(find.text(Texts.errorOurSide), findsOneWidget);
  });
}
