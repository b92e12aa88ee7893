import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Refuses bytes that are not an HTTP request, and requests with too large a header, and closes the connection, because the start
/// of the next request is unknown.
///
/// A request with a body waits here until the body has arrived, so that a fault in the body is answered too. Only a webhook reads
/// the body, and gets it in parts. While another request is being answered, the refusal would be mixed with that answer, so the
/// connection ends without one.
final class UnreadableRequests: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// The size up to which a request waits for a body that no route reads, in bytes.
    private static let longestWait = 1 << 20

    /// A request whose body has not arrived yet.
    private var waiting: (head: HTTPRequest, size: Int)?
    /// Whether the end of a request has not arrived yet.
    private var isReading = false
    /// The number of requests that were passed on and are not answered yet.
    private var unanswered = 0
    /// Whether the answer to the oldest of these has begun.
    private var isAnswering = false
    private var hasRefused = false

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            // The codec drops the HTTP version and a second Host field, so the check comes before it.
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(HostCheck(), position: .before(codec))
        } catch {
            context.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasRefused else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            isReading = true
            guard Self.isAwaited(head) else { return passOn(head, context) }
            waiting = (head, 0)
        case .body(let part):
            if let (head, size) = waiting {
                guard Self.isForWebhook(head) || size + part.readableBytes > Self.longestWait else {
                    waiting = (head, size + part.readableBytes)
                    return
                }
                passOn(head, context)
            }
            context.fireChannelRead(data)
        case .end:
            if let (head, _) = waiting {
                passOn(head, context)
            }
            isReading = false
            context.fireChannelRead(data)
        }
    }

    private func passOn(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        waiting = nil
        unanswered += 1
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Whether a body follows that the client sends without waiting for `100 Continue`.
    private static func isAwaited(_ head: HTTPRequest) -> Bool {
        (head.headerFields[.transferEncoding] != nil || (head.headerFields[.contentLength] ?? "0") != "0")
            && head.headerFields[.expect] == nil
    }

    private static func isForWebhook(_ head: HTTPRequest) -> Bool {
        head.method == .post && head.path.map(RouteMatch.readsBody) == true
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasRefused else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head: isAnswering = true
        case .body: break
        case .end:
            isAnswering = false
            unanswered -= 1
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !hasRefused else { return }
        guard let problem = problem(for: error), isAlone else { return context.fireErrorCaught(error) }
        hasRefused = true
        let body = problem.document(path: "/", id: RequestID([:]))
        let fields: HTTPFields = [
            .contentType: Problem.contentType, .contentLength: "\(body.count)", .connection: "close",
        ]
        context.write(wrapOutboundOut(.head(HTTPResponse(status: problem.status, headerFields: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    /// Whether the client would read an answer sent now as the answer to the faulty request, and to no other.
    private var isAlone: Bool {
        unanswered == 0 || (unanswered == 1 && isReading && waiting == nil && !isAnswering)
    }

    private func problem(for error: any Error) -> Problem? {
        if let problem = error as? Problem { return problem }
        guard let fault = error as? HTTPParserError else { return nil }
        guard !isReading else {
            return .badRequest("the request's body can't be read: check its chunks, its length and its trailers")
        }
        return fault == .headerOverflow ? .headersTooLarge : .badRequest("these bytes are no HTTP request")
    }
}
