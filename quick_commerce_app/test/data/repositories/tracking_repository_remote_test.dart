import 'dart:async';
import 'dart:convert';
import 'dart:math';

import 'package:fake_async/fake_async.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:quick_commerce_app/data/repositories/tracking_repository_remote.dart';
import 'package:quick_commerce_app/domain/models/order.dart';
import 'package:quick_commerce_app/domain/models/session.dart';
import 'package:quick_commerce_app/domain/models/tracking.dart';
import 'package:quick_commerce_app/utils/json.dart';

import '../../../testing/fakes/api_fixture.dart';
import '../../../testing/fakes/fake_shop.dart';
import '../../../testing/fakes/read_sample.dart';
import '../../../testing/fakes/samples.dart';

const events = 'GET /order/{order_id}/events';
const order = 'GET /order/{order_id}';

class Scene {
  Scene(this.async) {
    fixture.logIn();
    fixture.shop
      ..always(events, (call) {
        final stream = StreamController<List<int>>(onCancel: () => closed++);
        streams.add(stream);
        return streamAnswer(stream.stream)(call);
      })
      ..always(order, (call) => jsonAnswer(_orderAt(atShop))(call));
  }

  final FakeAsync async;
  final ApiFixture fixture = ApiFixture();
  late final TrackingRepositoryRemote tracking = TrackingRepositoryRemote(
    api: fixture.api,
    foreground: fixture.foreground,
    random: Random(1),
  );

  /// The connections so far, and how many of them are closed.
  final List<StreamController<List<int>>> streams = [];
  int closed = 0;

  /// The shop's answer to a status call.
  OrderStatus atShop = OrderStatus.placed;

  final List<Tracking> seen = [];
  bool isDone = false;
  StreamSubscription<Tracking>? listening;

  FakeShop get shop => fixture.shop;
  Tracking get last => seen.last;

  void follow([OrderStatus from = OrderStatus.placed]) {
    listening = tracking
        .follow(sampleOrder(status: from))
        .listen(seen.add, onDone: () => isDone = true);
    async.flushMicrotasks();
  }

  void send(String text) {
    streams.last.add(utf8.encode(text));
    async.flushMicrotasks();
  }

  void sendStatus(OrderStatus status) {
    final news = {
      '_id': 'a',
      'order_id': sampleOrderId,
      'status': status.word,
      'last_updated': '2026-11-22T10:30:00.000Z',
    };
    send('event: status\ndata: ${jsonEncode(news)}\n\n');
  }

  void breakOff() {
    unawaited(streams.last.close());
    async.flushMicrotasks();
  }

  void elapse(int milliseconds) => async.elapse(Duration(milliseconds: milliseconds));

  static Json _orderAt(OrderStatus status) => {
    ...asObject(sampleJson('order')),
    'status': status.word,
    'history': [
      for (final step in sampleOrder(status: status).history)
        {'status': step.status.word, 'at': step.at.toIso8601String(), 'by': 'courier'},
    ],
  };
}

void scene(String name, void Function(Scene scene) body) {
  test(name, () {
    fakeAsync((async) {
      final scene = Scene(async);
      body(scene);
      unawaited(scene.listening?.cancel());
      async.flushMicrotasks();
      scene.fixture.dispose();
      expect(async.pendingTimers, isEmpty, reason: 'nothing is left running');
    });
  });
}

void main() {
  scene('a displaced stream is not opened again until the app is visible', (scene) {
    scene.follow();
    scene.sendStatus(OrderStatus.placed);
    scene.send('id: 1:-,-,[0],-\nevent: replaced\ndata: {}\n\n');
    expect(scene.last.connection, Connection.replaced);
    expect(scene.closed, 1);
    scene.atShop = OrderStatus.packed;
    scene.elapse(5 * 60 * 1000);
    expect(scene.streams, hasLength(1));
    expect(scene.last.order.status, OrderStatus.packed);
    expect(scene.last.connection, Connection.replaced);
    scene.fixture.foreground.value = false;
    scene.fixture.foreground.value = true;
    scene.async.flushMicrotasks();
    expect(scene.streams, hasLength(2));
    scene.sendStatus(OrderStatus.packed);
    expect(scene.last.connection, Connection.live);
  });

  scene('the order is read if its stream has ended at the shop', (scene) {
    scene.shop.always(events, textAnswer('', status: 204));
    scene.follow();
    expect(scene.last.connection, Connection.replaced);
    scene.elapse(60 * 1000);
    expect(scene.shop.calls.where((call) => call.name.endsWith('/events')), hasLength(1));
  });

  scene('an order moves with the events of its stream, to its end', (scene) {
    scene.follow();
    scene.sendStatus(OrderStatus.placed);
    expect(scene.last.connection, Connection.live);
    scene
      ..sendStatus(OrderStatus.packed)
      ..sendStatus(OrderStatus.outForDelivery);
    expect(scene.last.order.status, OrderStatus.outForDelivery);
    expect(scene.last.order.history, hasLength(3));
    expect(scene.isDone, isFalse);
    scene.sendStatus(OrderStatus.delivered);
    expect(scene.last.order.status, OrderStatus.delivered);
    expect(scene.last.connection, Connection.ended);
    expect(scene.isDone, isTrue);
    expect(scene.closed, 1);
    expect(scene.shop.callsOf(order), isEmpty);
  });

  scene('an ended order is reported once, without a call', (scene) {
    scene.follow(OrderStatus.delivered);
    expect(scene.last.connection, Connection.ended);
    expect(scene.isDone, isTrue);
    expect(scene.shop.calls, isEmpty);
  });

  scene('the order is read if steps were missed', (scene) {
    scene
      ..follow()
      ..sendStatus(OrderStatus.placed)
      ..atShop = OrderStatus.outForDelivery
      ..sendStatus(OrderStatus.outForDelivery);
    expect(scene.shop.callsOf(order), hasLength(1));
    expect(scene.last.order.history, hasLength(3));
    expect(scene.last.connection, Connection.live);
  });

  scene('the order is read if steps were missed at its end', (scene) {
    scene
      ..follow()
      ..atShop = OrderStatus.delivered
      ..sendStatus(OrderStatus.delivered);
    expect(scene.last.order.history, hasLength(4));
    expect(scene.last.connection, Connection.ended);
    expect(scene.isDone, isTrue);
  });

  scene('a broken stream is opened again, and the order polled meanwhile', (scene) {
    scene
      ..follow()
      ..sendStatus(OrderStatus.placed)
      ..atShop = OrderStatus.packed
      ..breakOff();
    expect(scene.last.connection, Connection.reconnecting);
    expect(scene.last.order.status, OrderStatus.packed, reason: 'it was asked for at once');
    expect(scene.streams, hasLength(1));
    scene.elapse(700);
    expect(scene.streams, hasLength(2));
    scene.sendStatus(OrderStatus.packed);
    expect(scene.last.connection, Connection.live);
    scene.elapse(20000);
    expect(scene.shop.callsOf(order), hasLength(1), reason: 'it is not asked for any more');
  });

  scene('pauses between tries grow', (scene) {
    scene.shop
      ..always(events, lostAnswer)
      ..always(order, lostAnswer);
    scene
      ..follow()
      ..elapse(60000);
    expect(scene.shop.callsOf(events).length, inInclusiveRange(7, 10));
    expect(scene.shop.callsOf(order).length, inInclusiveRange(14, 17));
    expect(scene.last.connection, Connection.reconnecting);
    expect(scene.last.order.status, OrderStatus.placed);
  });

  scene('the order is polled to its end if events are delayed', (scene) {
    scene
      ..follow()
      ..elapse(4900);
    expect(scene.seen, isEmpty);
    scene.elapse(200);
    expect(scene.last.connection, Connection.reconnecting);
    scene
      ..atShop = OrderStatus.packed
      ..elapse(4100);
    expect(scene.last.order.status, OrderStatus.packed);
    scene
      ..atShop = OrderStatus.delivered
      ..elapse(4100);
    expect(scene.last.order.status, OrderStatus.delivered);
    expect(scene.last.connection, Connection.ended);
    expect(scene.isDone, isTrue);
    expect(scene.closed, scene.streams.length);
  });

  scene('a silent stream is closed, a pinged one is not', (scene) {
    scene
      ..follow()
      ..sendStatus(OrderStatus.placed);
    for (var ping = 0; ping < 8; ping++) {
      scene
        ..elapse(15000)
        ..send(': ping\n\n');
    }
    expect(scene.last.connection, Connection.live);
    expect(scene.streams, hasLength(1));
    scene.elapse(40100);
    expect(scene.last.connection, Connection.reconnecting);
    expect(scene.closed, 1);
  });

  scene('an answer that is older than the stream does not move the order back', (scene) {
    final gate = Completer<void>();
    scene.shop.next(order, (call) async {
      await gate.future;
      return jsonAnswer(Scene._orderAt(OrderStatus.placed))(call);
    });
    scene
      ..follow()
      ..sendStatus(OrderStatus.placed)
      ..breakOff()
      ..elapse(700)
      ..sendStatus(OrderStatus.packed);
    gate.complete();
    scene.async.flushMicrotasks();
    expect(scene.last.order.status, OrderStatus.packed);
  });

  scene('an event that is older than a reading does not move the order back', (scene) {
    scene
      ..follow()
      ..sendStatus(OrderStatus.placed)
      ..atShop = OrderStatus.packed
      ..breakOff()
      ..elapse(700)
      ..sendStatus(OrderStatus.placed);
    expect(scene.last.connection, Connection.live);
    final statuses = scene.seen.map((news) => news.order.status).skip(2);
    expect(statuses, everyElement(OrderStatus.packed));
  });

  scene('in the background there are no streams and no calls', (scene) {
    scene
      ..follow()
      ..sendStatus(OrderStatus.placed);
    scene.fixture.foreground.value = false;
    scene.async.flushMicrotasks();
    expect(scene.closed, 1);
    expect(scene.async.pendingTimers, isEmpty);
    scene.shop.calls.clear();
    scene.elapse(120000);
    expect(scene.shop.calls, isEmpty);
    scene.fixture.foreground.value = true;
    scene.async.flushMicrotasks();
    expect(scene.streams, hasLength(2));
    scene.sendStatus(OrderStatus.packed);
    expect(scene.last.order.status, OrderStatus.packed);
    expect(scene.last.connection, Connection.live);
  });

  scene('an answer that arrives without a listener is closed', (scene) {
    final gate = Completer<void>();
    scene.shop.next(events, (call) async {
      await gate.future;
      final stream = StreamController<List<int>>(onCancel: () => scene.closed++);
      return streamAnswer(stream.stream)(call);
    });
    scene.follow();
    unawaited(scene.listening?.cancel());
    gate.complete();
    scene.async.flushMicrotasks();
    expect(scene.closed, 1);
    expect(scene.seen, isEmpty);
  });

  scene('the end of the session ends the tracking', (scene) {
    scene.shop.always(events, sampleAnswer('error_token_over'));
    scene.follow();
    expect(scene.isDone, isTrue);
    expect(scene.fixture.sessions.lastEnd, SessionEnd.expired);
    expect(scene.seen, isEmpty);
  });

  scene('unreadable data breaks the stream', (scene) {
    scene
      ..follow()
      ..send('event: status\ndata: {"status": 1}\n\n');
    expect(scene.last.connection, Connection.reconnecting);
    expect(scene.closed, 1);
  });

  scene('unknown events are ignored', (scene) {
    scene
      ..follow()
      ..send('event: ping\ndata: x\n\n');
    expect(scene.seen, isEmpty);
  });
}
