import Foundation
package import Logging

/// What a reflector reports.
package enum Reflection<Object: Sendable>: Sendable {
    /// Some of the existing objects. A list is reported in pages, so that it is never in memory as a whole.
    case page([Object])
    /// The uids of all existing objects at a version. Each object was in a page before.
    case listed(Set<String>, version: String)
    case changed(Object)
    case deleted(Object)
    /// A stream has opened: the server answers, and earlier reports still hold.
    case following
    /// The server doesn't answer; earlier reports may be outdated.
    case failing(APIError)
}

/// Follows all objects of a kind that match a selector: lists them once, then watches for changes.
///
/// A stream that was cut continues from the last version. Only if the server no longer keeps that version (410), the reflector
/// lists again. So it misses no change.
///
/// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>.
package struct Reflector<Object: ClusterObject>: Sendable {
    let client: APIClient
    let kind: ResourceKind
    /// Nil for all namespaces.
    let namespace: String?
    let selector: String
    let logger: Logger
    /// How long one stream stays open: long enough to be cheap, short enough to notice a dead connection.
    let streamSeconds = 240

    package init(
        of kind: ResourceKind,
        namespace: String?,
        selector: String,
        client: APIClient,
        logger: Logger
    ) {
        self.client = client
        self.kind = kind
        self.namespace = namespace
        self.selector = selector
        self.logger = logger
    }

    /// Reports until the task is cancelled.
    package func reportChanges(_ report: @Sendable (Reflection<Object>) async -> Void) async {
        var version: String?
        var failures = 0
        while !Task.isCancelled {
            do throws(APIError) {
                if let known = version {
                    version = try await watchObjects(since: known, report)
                } else {
                    version = try await listObjects(report)
                }
                failures = 0
            } catch {
                if error.isExpired {
                    logger.debug("a watch is too old to continue", metadata: ["kind": "\(kind.plural)"])
                    version = nil
                    // The pause below keeps a server that expires every version from being asked in a tight loop.
                    if failures == 0 {
                        failures += 1
                        continue
                    }
                } else if error != .cancelled {
                    await report(.failing(error))
                    if case .unreachable = error {
                    } else {
                        // The server may refuse the version, or an event may be unreadable: list again.
                        version = nil
                    }
                }
                failures += 1
                let seconds = min(30, Double(1 << min(failures - 1, 5)))
                try? await Task.sleep(for: .seconds(seconds * Double.random(in: 0.5...1)))
            }
        }
    }

    /// Lists all objects.
    ///
    /// - Returns: the version from which a watch continues.
    private func listObjects(_ report: (Reflection<Object>) async -> Void) async throws(APIError) -> String {
        var uids: Set<String> = []
        let version = try await client.listPages(kind, namespace: namespace, selector: selector, as: Object.self) {
            objects,
            isFirst in
            if isFirst { uids = [] }
            uids.formUnion(objects.map(\.metadata.uid))
            await report(.page(objects))
        }
        await report(.listed(uids, version: version))
        return version
    }

    /// Follows one stream to its end.
    ///
    /// - Returns: the version of the last event.
    private func watchObjects(
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
        var stream = try await client.openStream(request)
        await report(.following)
        var lines = LineSplitter()
        while true {
            let chunk: [UInt8]?
            do throws(APIError) {
                chunk = try await stream.nextChunk()
            } catch {
                guard !Task.isCancelled else { throw .cancelled }
                // The objects are still known: the next stream continues from the last version.
                logger.debug("a watch was cut", metadata: ["kind": "\(kind.plural)", "error": "\(error)"])
                return version
            }
            guard let chunk else { return version }
            for line in lines.appendBytes(chunk) {
                switch try decodeEvent(line) {
                case .changed(let object):
                    version = object.metadata.resourceVersion
                    await report(.changed(object))
                case .deleted(let object):
                    version = object.metadata.resourceVersion
                    await report(.deleted(object))
                case .bookmark(let marked): version = marked
                case .failed(let status): throw .status(status)
                case .other: continue
                }
            }
            if lines.isOverfull {
                throw .unreadable("a watch of \(kind.plural) has a line that never ends")
            }
        }
    }

    private func decodeEvent(_ line: [UInt8]) throws(APIError) -> WatchEvent<Object> {
        do {
            return try JSONDecoder().decode(WatchEvent<Object>.self, from: Data(line))
        } catch {
            throw .unreadable("a watch of \(kind.plural) can't be read: \(error)")
        }
    }
}
