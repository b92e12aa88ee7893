import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Answers what is no HTTP request, or one with too much before its body, and closes the connection: nobody knows where the next
/// request begins.
///
/// A request with a body waits here until the body has come, so that a fault in the body is answered too. Nobody reads the body but a
/// webhook, which gets it in parts. Where another request is still being answered, its answer must not be mixed with the refusal, and
/// the connection ends without one.
final class UnreadableRequests: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How much of a body is waited for that nobody reads, in bytes.
    private static let longestWait = 1 << 20

    /// A request whose body has not come yet.
    private var waiting: (head: HTTPRequest, size: Int)?
    /// Whether a request's end has not come yet.
    private var isReading = false
    /// How many requests were handed on and are not answered yet.
    private var unanswered = 0
    /// Whether the answer of the oldest of these has begun.
    private var isAnswering = false
    private var hasRefused = false

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            // Behind the codec nobody knows the version, nor of a second Host.
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
            guard Self.isAwaited(head) else { return handOn(head, context) }
            waiting = (head, 0)
        case .body(let part):
            if let (head, size) = waiting {
                guard Self.isForWebhook(head) || size + part.readableBytes > Self.longestWait else {
                    waiting = (head, size + part.readableBytes)
                    return
                }
                handOn(head, context)
            }
            context.fireChannelRead(data)
        case .end:
            if let (head, _) = waiting {
                handOn(head, context)
            }
            isReading = false
            context.fireChannelRead(data)
        }
    }

    private func handOn(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        waiting = nil
        unanswered += 1
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Whether a body follows that the client sends without being asked to.
    private static func isAwaited(_ head: HTTPRequest) -> Bool {
        (head.headerFields[.transferEncoding] != nil || (head.headerFields[.contentLength] ?? "0") != "0")
            && head.headerFields[.expect] == nil
    }

    private static func isForWebhook(_ head: HTTPRequest) -> Bool {
        head.method == .post && head.path?.hasPrefix("/api/webhooks/") == true
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

    /// Whether an answer now can be meant for no other request than the faulty one.
    private var isAlone: Bool {
        unanswered == 0 || (unanswered == 1 && isReading && waiting == nil && !isAnswering)
    }

    private func problem(for error: any Error) -> Problem? {
        if let fault = error as? HostCheck.Fault { return .badRequest(fault.sentence) }
        guard let fault = error as? HTTPParserError else { return nil }
        guard !isReading else {
            return .badRequest("the request's body can't be read: check its chunks, its length and its trailers")
        }
        return fault == .headerOverflow ? .headersTooLarge : .badRequest("these bytes are no HTTP request")
    }
}
