import HTTPTypes
import NIOCore

/// Tells a client that speaks plain HTTP at the TLS port to use https. Without it the connection would only be cut.
final class PlainRequests: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var hasRefused = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasRefused else { return }
        // TLS begins with the byte 22, <https://www.rfc-editor.org/rfc/rfc8446#section-5.1>, and HTTP with a method.
        let first = unwrapInboundIn(data).readableBytesView.first ?? 0
        guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else {
            context.fireChannelRead(data)
            return context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
        hasRefused = true
        let problem = Problem.badRequest("this port speaks TLS: write https:// in place of http://")
        let body = problem.document(path: "/", id: RequestID([:]))
        let head = """
            HTTP/1.1 400 Bad Request\r
            Content-Type: \(Problem.contentType)\r
            Content-Length: \(body.count)\r
            Connection: close\r
            \r

            """
        var answer = ByteBuffer(string: head)
        answer.writeBytes(body)
        context.writeAndFlush(wrapOutboundOut(answer)).whenComplete { [channel = context.channel] _ in
            channel.close(promise: nil)
        }
    }
}
