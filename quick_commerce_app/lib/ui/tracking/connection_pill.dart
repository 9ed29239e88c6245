import 'package:flutter/material.dart';

import '../../domain/models/tracking.dart';
import '../core/texts.dart';
import '../core/tokens.dart';

/// "Live", or "Reconnecting…"; nothing once the order has ended. Screen readers announce a change.
class ConnectionPill extends StatelessWidget {
  const ConnectionPill(this.connection, {super.key});

  final Connection connection;

  @override
  Widget build(BuildContext context) {
    final colors = context.colors;
    final (text, icon) = switch (connection) {
      Connection.connecting => (Texts.connecting, Icons.sync),
      Connection.live => (Texts.live, Icons.circle),
      Connection.reconnecting => (Texts.reconnecting, Icons.sync_problem),
      Connection.replaced => (Texts.replaced, Icons.devices_outlined),
      Connection.ended => ('', Icons.circle),
    };
    if (text.isEmpty) return const SizedBox.shrink();
    final live = connection == Connection.live;
    final ink = live ? colors.primary : colors.text;
    return Semantics(
      liveRegion: true,
      child: Container(
        padding: const EdgeInsets.symmetric(horizontal: Tokens.space3, vertical: Tokens.space1),
        decoration: BoxDecoration(
          color: live ? colors.tint : colors.accentTint,
          borderRadius: BorderRadius.circular(Tokens.radiusRound),
        ),
        child: Row(
          mainAxisSize: MainAxisSize.min,
          children: [
            Icon(icon, size: Tokens.text12, color: ink),
            const SizedBox(width: Tokens.space1),
            Flexible(
              child: Text(
                text,
                style: Theme.of(context).textTheme.labelSmall?.copyWith(color: ink),
              ),
            ),
          ],
        ),
      ),
    );
  }
}
