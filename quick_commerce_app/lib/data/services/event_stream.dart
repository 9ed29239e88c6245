import 'dart:async';
import 'dart:convert';

/// One server-sent event.
final class ServerSentEvent {
  const ServerSentEvent(this.name, this.data);

  /// Its name; "message" by default.
  final String name;

  /// Its data; lines are joined by newlines.
  final String data;
}

/// Parses a stream of bytes in any chunks into server-sent events. Comments, fields other than
/// `event` and `data`, and an incomplete event at the end are ignored.
///
/// Source: WHATWG HTML, "Interpreting an event stream".
Stream<ServerSentEvent> readEvents(Stream<List<int>> bytes) {
  final lines = const LineSplitter().bind(const Utf8Decoder(allowMalformed: true).bind(bytes));
  final event = _Unfinished();
  return lines.transform(
    StreamTransformer<String, ServerSentEvent>.fromHandlers(
      handleData: (line, sink) {
        if (line.isNotEmpty) return event.add(line);
        final whole = event.take();
        if (whole != null) sink.add(whole);
      },
    ),
  );
}

class _Unfinished {
  String _name = '';
  final List<String> _data = [];

  void add(String line) {
    final colon = line.indexOf(':');
    final field = colon < 0 ? line : line.substring(0, colon);
    final value = colon < 0 ? '' : line.substring(colon + 1);
    final text = value.startsWith(' ') ? value.substring(1) : value;
    switch (field) {
      case 'event':
        _name = text;
      case 'data':
        _data.add(text);
    }
  }

  ServerSentEvent? take() {
    final whole = _data.isEmpty
        ? null
        : ServerSentEvent(_name.isEmpty ? 'message' : _name, _data.join('\n'));
    _name = '';
    _data.clear();
    return whole;
  }
}
