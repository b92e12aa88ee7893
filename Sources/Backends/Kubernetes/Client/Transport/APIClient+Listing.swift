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
    /// Lists all objects of a kind, page by page.
    ///
    /// A list whose pages have expired half-way begins anew: what it had may be gone.
    ///
    /// - Returns: the objects, and the version from which a watch goes on.
    func list<Object: Decodable & Sendable>(
        _ kind: ResourceKind,
        namespace: String? = nil,
        selector: String?,
        as type: Object.Type,
        limit: Int = 500
    ) async throws(APIError) -> (objects: [Object], version: String) {
        var objects: [Object] = []
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
                objects += page.items ?? []
                token = page.metadata.continue
                guard let token, !token.isEmpty else {
                    return (objects, page.metadata.resourceVersion ?? "")
                }
            } catch {
                guard error.isExpired, token != nil, restarts < 5 else { throw error }
                restarts += 1
                objects = []
                token = nil
            }
        }
    }
}
