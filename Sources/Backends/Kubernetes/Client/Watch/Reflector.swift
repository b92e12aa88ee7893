import AsyncHTTPClient
import Foundation
import Logging
import NIOCore

/// What a reflector has to say.
enum Reflection<Object: Sendable>: Sendable {
    /// Some of the objects that there are: many are never held at once beside what is known of them.
    case page([Object])
    /// All objects that there are, by their uids, as of a version. Each was in a page before.
    case all(Set<String>, version: String)
    case changed(Object)
    case deleted(Object)
    /// A stream has begun: the server answers, and what was said before still holds.
    case following
    /// The server can't be asked; what was said before may be old.
    case failing(APIError)
}

/// Follows all objects of a kind that a selector matches: lists them once, and watches from there.
///
/// A stream that was cut goes on from the version that it had come to. Only where the server has forgotten that version
/// (410) is everything listed anew, so no change is lost.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>.
struct Reflector<Object: ClusterObject>: Sendable {
    let client: APIClient
    let kind: ResourceKind
    /// Nil for all namespaces.
    let namespace: String?
    let selector: String
    let logger: Logger
    /// How long one stream lasts: long enough to be cheap, short enough that a dead one is noticed.
    var streamSeconds = 240

    /// Reports until the task is cancelled.
    func run(_ report: @Sendable (Reflection<Object>) async -> Void) async {
        var version: String?
        var failures = 0
        while !Task.isCancelled {
            do throws(APIError) {
                if let known = version {
                    version = try await watch(since: known, report)
                } else {
                    version = try await list(report)
                }
                failures = 0
            } catch {
                if error.isExpired {
                    logger.debug("a watch is too old to go on", metadata: ["kind": "\(kind.plural)"])
                    version = nil
                    // A server that forgets at once would otherwise be asked without a pause.
                    if failures == 0 {
                        failures += 1
                        continue
                    }
                } else if error != .cancelled {
                    await report(.failing(error))
                    if case .unreachable = error {
                    } else {
                        // A stream may be refused for its version alone, and one that can't be read leads nowhere.
                        version = nil
                    }
                }
                failures += 1
                let seconds = min(30, Double(1 << min(failures - 1, 5)))
                try? await Task.sleep(for: .seconds(seconds * Double.random(in: 0.5...1)))
            }
        }
    }

    /// Lists everything.
    ///
    /// - Returns: the version from which a watch goes on.
    private func list(_ report: (Reflection<Object>) async -> Void) async throws(APIError) -> String {
        var uids: Set<String> = []
        let version = try await client.pages(kind, namespace: namespace, selector: selector, as: Object.self) {
            objects,
            isFirst in
            if isFirst { uids = [] }
            uids.formUnion(objects.map(\.metadata.uid))
            await report(.page(objects))
        }
        await report(.all(uids, version: version))
        return version
    }

    /// Follows one stream to its end.
    ///
    /// - Returns: the version that it had come to.
    private func watch(
        since version: String,
        _ report: (Reflection<Object>) async -> Void
    ) async throws(APIError) -> String {
        var version = version
        let request = APIRequest.watch(
            kind,
            namespace: namespace,
            selector: selector,
            since: version,
            seconds: streamSeconds
        )
        let (body, access) = try await client.stream(request)
        await report(.following)
        var lines = LineSplitter()
        let decoder = JSONDecoder()
        do {
            for try await chunk in body {
                for line in lines.append(chunk.readableBytesView) {
                    let event = try decoder.decode(WatchEvent<Object>.self, from: Data(line))
                    switch event {
                    case .changed(let object):
                        version = object.metadata.resourceVersion
                        await report(.changed(object))
                    case .deleted(let object):
                        version = object.metadata.resourceVersion
                        await report(.deleted(object))
                    case .bookmark(let marked): version = marked
                    case .failed(let status): throw APIError.status(status)
                    case .other: continue
                    }
                }
                if lines.isOverfull {
                    throw APIError.unreadable("a watch of \(kind.plural) has a line that never ends")
                }
            }
        } catch let error as APIError {
            throw error
        } catch let error as DecodingError {
            throw .unreadable("a watch of \(kind.plural) can't be read: \(error)")
        } catch {
            guard !Task.isCancelled else { throw .cancelled }
            // It was cut. The list is still good: the next stream goes on from the version that this one came to.
            logger.debug(
                "a watch was cut",
                metadata: ["kind": "\(kind.plural)", "error": "\(APIError(transport: error, access))"]
            )
        }
        return version
    }
}
