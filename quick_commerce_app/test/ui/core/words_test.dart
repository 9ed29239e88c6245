import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/domain/models/api_error.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/ui/core/texts.dart';
import 'package:quick_commerce_app/ui/core/words.dart';

import '../../../testing/fakes/samples.dart';

Refused _refused(String code, {int status = 409}) =>
    Refused(requestId: 'app-1', status: status, code: code, detail: code);

void main() {
  test('each kind of error has its own sentence', () {
    const broken = Broken(requestId: 'app-1', status: 500);
    const slow = Offline(requestId: 'app-1', timedOut: true);
    const guest = Unauthorised(requestId: 'app-1');
    const invalid = Invalid(requestId: 'app-1', fields: []);
    final sentences = [
      for (final ApiError error in [
        sampleOffline, slow, guest, invalid, sampleTooMany, sampleUnavailable, broken, //
      ])
        sentence(error),
    ];
    expect(sentences.toSet(), hasLength(sentences.length));
  });

  test('a refusal shows its reason', () {
    expect(sentence(_refused('out_of_stock')), Texts.errorOutOfStock);
    expect(sentence(_refused('quantity_limit_reached')), Texts.errorQuantityLimit(99));
    expect(sentence(_refused('cart_is_full')), Texts.errorCartFull);
    expect(sentence(_refused('request_in_progress')), Texts.errorInProgress);
  });

  test('an unknown refusal has a sentence, too', () {
    expect(sentence(_refused('something_new')), Texts.errorOurSide);
    expect(sentence(_refused('something_new', status: 404)), Texts.errorNothingHere);
  });

  test('a field’s error has the field’s name', () {
    String say(String field, String type) =>
        fieldSentence(FieldError(field: field, type: type, message: 'own words'));
    expect(say('name', 'missing'), 'Your name is needed.');
    expect(say('email', 'value_error'), Texts.notAnEmail);
    expect(say('password', 'string_too_short'), Texts.passwordShort);
    expect(say('otp', 'string_too_long'), 'The code is too long.');
    expect(say('name', 'something_new'), 'own words');
  });

  test('every status has a label, the unknown one too', () {
    for (final status in OrderStatus.values) {
      expect(StatusWords.of(status).title, isNotEmpty);
      expect(StatusWords.of(status).label, isNotEmpty);
    }
  });

  test('a small stock has a hint', () {
    expect(stockHint(sampleMilk, 1), isEmpty);
    expect(stockHint(sampleBread, 0), 'Only 3 left');
    expect(stockHint(sampleMilk, 500), 'Only 500 left');
    expect(stockHint(sampleSoldOut, 0), Texts.outOfStock);
  });

  test('names are listed with commas and “and”', () {
    expect(listed(const []), '');
    expect(listed(const ['milk']), 'milk');
    expect(listed(const ['milk', 'bread']), 'milk and bread');
    expect(listed(const ['milk', 'bread', 'rice']), 'milk, bread and rice');
  });
}
