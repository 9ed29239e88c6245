import 'dart:async';
import 'dart:convert';

import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/services/event_stream.dart';

import '../../../testing/fakes/read_sample.dart';

void main() {
  Future<List<(String, String)>> eventsOf(List<List<int>> chunks) =>
      readEvents(Stream.fromIterable(chunks)).map((event) => (event.name, event.data)).toList();

  Future<List<(String, String)>> eventsIn(String text) => eventsOf([utf8.encode(text)]);

  test('the recorded stream has a status an event', () async {
    final events = await eventsIn(sampleText('events.txt'));
    expect(events, hasLength(4));
    expect(events.map((event) => event.$1), everyElement('status'));
    expect(events.last.$2, contains('"DELIVERED"'));
  });

  test('the events do not depend on the chunks', () async {
    final bytes = utf8.encode('event: status\r\ndata: ₹ दूध\r\n\r\ndata: two\n\n');
    const whole = [('status', '₹ दूध'), ('message', 'two')];
    for (var at = 0; at <= bytes.length; at++) {
      final events = await eventsOf([bytes.sublist(0, at), bytes.sublist(at)]);
      expect(events, whole, reason: 'cut at $at');
    }
    expect(
      await eventsOf([
        for (final byte in bytes) [byte],
      ]),
      whole,
    );
  });

  test('lines may end in CR, LF or both', () async {
    const whole = [('a', '1')];
    expect(await eventsIn('event: a\ndata: 1\n\n'), whole);
    expect(await eventsIn('event: a\rdata: 1\r\r'), whole);
    expect(await eventsIn('event: a\r\ndata: 1\r\n\r\n'), whole);
  });

  test('several lines of data are one text', () async {
    expect(await eventsIn('data: a\ndata:b\ndata\ndata:  c\n\n'), [('message', 'a\nb\n\n c')]);
  });

  test('comments, unknown fields and events without data are ignored', () async {
    expect(await eventsIn(': ping\n\nid: 1\nretry: 5\nfoo\n\nevent: ping\n\ndata: x\n\n'), [
      ('message', 'x'),
    ]);
  });

  test('an incomplete event at the end is ignored', () async {
    expect(await eventsIn('data: a\n\ndata: b\n'), [('message', 'a')]);
  });

  test('cancelling the subscription cancels the source', () async {
    var cancelled = false;
    final bytes = StreamController<List<int>>(onCancel: () => cancelled = true);
    final listening = readEvents(bytes.stream).listen((_) {});
    await listening.cancel();
    expect(cancelled, isTrue);
    await bytes.close();
  });
}
