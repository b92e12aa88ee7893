/// One request of a resource, taken apart.
struct APICall: Sendable {
    let target: RequestTarget
    let method: String
    let query: [String: String]
    let body: String
    let contentType: String
    let userAgent: String

    /// As a role names it; nil where the path does not have the method.
    ///
    /// Source: <https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb>.
    var verb: String? {
        let isCollection = target.name == nil
        return switch (method, isCollection) {
        case ("GET", true), ("HEAD", true): isWatch ? "watch" : "list"
        case ("GET", false), ("HEAD", false): "get"
        case ("POST", true) where target.namespace != nil || !target.resource.isNamespaced: "create"
        case ("PUT", false) where target.subresource != "log": "update"
        case ("PATCH", false) where target.subresource != "log": "patch"
        case ("DELETE", false) where target.subresource.isEmpty: "delete"
        case ("DELETE", true): "deletecollection"
        default: nil
        }
    }

    var isWatch: Bool { isSet("watch") }

    func isSet(_ name: String) -> Bool { query[name] == "true" || query[name] == "1" }

    /// The body as JSON, or for an apply as YAML.
    func object() throws(APIError) -> JSONTree {
        if body.isEmpty { return .null }
        guard contentType.contains("json") || contentType.contains("yaml") else {
            throw APIError(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml"
            )
        }
        do throws(JSONParser.Failure) {
            return try JSONParser.parse(Array(body.utf8)).value
        } catch {
            if contentType.contains("yaml"), let tree = JSONTree(yaml: body) { return tree }
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(target.resource.kind)): \(error.message)"
            )
        }
    }

    func read(_ faults: Faults) throws(APIError) -> ReadOptions {
        var options = ReadOptions()
        options.selector = try Selector(
            labels: query["labelSelector"] ?? "",
            fields: query["fieldSelector"] ?? "",
            of: target.resource
        )
        options.namespace = target.namespace
        options.resourceVersion = query["resourceVersion"] ?? ""
        options.resourceVersionMatch = query["resourceVersionMatch"] ?? ""
        options.limit = query["limit"].flatMap(Int.init) ?? 0
        options.continuation = query["continue"] ?? ""
        options.staleRevision = faults.staleRevision
        return options
    }

    /// Who writes: as the client says, else the first word of its user agent, of which 128 bytes at most count.
    ///
    /// Source: `managerOrUserAgent`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go>.
    func write() throws(APIError) -> WriteOptions {
        let isApply = contentType == PatchType.apply.rawValue
        let word = userAgent.split(separator: "/").first ?? "unknown"
        let agent = String(decoding: word.utf8.prefix(128), as: UTF8.self)
        var options = WriteOptions(manager: query["fieldManager"] ?? (isApply ? "" : agent))
        guard options.manager.utf8.count <= 128 else {
            throw APIError(422, "Invalid", "fieldManager: Too long: may not be more than 128 bytes")
        }
        options.force = isSet("force")
        options.isDryRun = query["dryRun"] == "All"
        options.subresource = target.subresource
        if let text = query["fieldValidation"] {
            guard let validation = WriteOptions.FieldValidation(rawValue: text) else {
                throw APIError(
                    422,
                    "Invalid",
                    "fieldValidation: Unsupported value: \"\(text)\": supported values: \"Ignore\", \"Strict\", \"Warn\""
                )
            }
            options.fieldValidation = validation
        }
        if options.force, !isApply {
            throw APIError(422, "Invalid", "force: Forbidden: may not be specified for non-apply patch")
        }
        return options
    }
}
