import NIOCore
import NIOHTTPTypes

/// Closes the connection of a client that sends its request too slowly, or that does not take its answer.
final class ConnectionDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart

    private let patience: Patience
    private var request: Scheduled<Void>?
    private var reading: Scheduled<Void>?

    init(_ patience: Patience) {
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive {
            request = deadline(patience.request, context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        request?.cancel()
        reading?.cancel()
    }

    func channelActive(context: ChannelHandlerContext) {
        request?.cancel()
        request = deadline(patience.request, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        request?.cancel()
        reading?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            request?.cancel()
            request = deadline(patience.request, context)
        case .body: break
        case .end:
            request?.cancel()
            request = nil
        }
        context.fireChannelRead(data)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        reading?.cancel()
        reading = context.channel.isWritable ? nil : deadline(patience.reading, context)
        context.fireChannelWritabilityChanged()
    }

    private func deadline(_ time: Duration, _ context: ChannelHandlerContext) -> Scheduled<Void> {
        context.eventLoop.scheduleTask(in: TimeAmount(time)) { [channel = context.channel] in
            channel.close(promise: nil)
        }
    }
}
