/// A page of a list.
struct ObjectList<Object: Decodable & Sendable>: Decodable, Sendable {
    struct Metadata: Decodable, Sendable {
        var resourceVersion: String?
        var `continue`: String?
    }

    var metadata: Metadata
    /// Nil reads as none: older servers write null for an empty list.
    var items: [Object]?
}

extension APIClient {
    /// Lists all objects of a kind.
    ///
    /// - Returns: the objects, and the version from which a watch goes on.
    func list<Object: Decodable & Sendable>(
        _ kind: ResourceKind,
        namespace: String? = nil,
        selector: String?,
        as type: Object.Type,
        limit: Int = 500
    ) async throws(APIError) -> (objects: [Object], version: String) {
        var all: [Object] = []
        let version = try await pages(kind, namespace: namespace, selector: selector, as: type, limit: limit) {
            objects,
            isFirst in
            all = isFirst ? objects : all + objects
        }
        return (all, version)
    }

    /// Lists all objects of a kind, page by page.
    ///
    /// A list whose pages have expired half-way begins anew: what it had may be gone.
    ///
    /// - Parameters:
    ///   - limit: how many objects a page has at most.
    ///   - take: gets each page, and whether it is the first; where a list begins anew there is more than one first page.
    /// - Returns: the version from which a watch goes on.
    func pages<Object: Decodable & Sendable>(
        _ kind: ResourceKind,
        namespace: String? = nil,
        selector: String?,
        as type: Object.Type,
        limit: Int = 500,
        _ take: (_ objects: [Object], _ isFirst: Bool) async -> Void
    ) async throws(APIError) -> String {
        var token: String?
        var restarts = 0
        while true {
            let request = APIRequest.list(
                kind,
                namespace: namespace,
                selector: selector,
                limit: limit,
                continue: token
            )
            do throws(APIError) {
                let page = try await send(request, as: ObjectList<Object>.self)
                await take(page.items ?? [], token == nil)
                token = page.metadata.continue
                guard let token, !token.isEmpty else {
                    return page.metadata.resourceVersion ?? ""
                }
            } catch {
                guard error.isExpired, token != nil, restarts < 5 else { throw error }
                restarts += 1
                token = nil
            }
        }
    }
}
