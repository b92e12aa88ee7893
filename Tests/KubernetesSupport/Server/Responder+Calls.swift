import HummingbirdCore
import NIOCore

extension KubernetesResponder {
    /// Carries out a call.
    func answer(_ call: APICall) async throws(APIError) -> Answer {
        let (target, resource) = (call.target, call.target.resource)
        switch call.verb {
        case "watch": return try await watch(call)
        case "list": return Answer(try await state.list(resource, try call.read(faults)))
        case "get" where target.subresource == "log": return try await podLog(call)
        case "get": return Answer(try await state.get(target.key, of: resource))
        case "create":
            let written = try await state.create(resource, in: target.namespace ?? "", call.object(), call.write())
            return Answer(written.object, code: 201, warnings: written.warnings)
        case "update":
            let written = try await state.update(target.key, of: resource, call.object(), call.write())
            return Answer(written.object, warnings: written.warnings)
        case "patch":
            guard let type = PatchType(rawValue: call.contentType) else {
                throw APIError(
                    415,
                    "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json,"
                        + " application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml"
                )
            }
            let written = try await state.patch(target.key, of: resource, call.object(), type, call.write())
            return Answer(written.object, code: written.isNew ? 201 : 200, warnings: written.warnings)
        case "delete":
            return Answer(try await state.delete(target.key, of: resource, try deleteOptions(call)).object)
        case "deletecollection":
            let options = try deleteOptions(call)
            return Answer(try await state.deleteAll(resource, try call.read(faults), options))
        default:
            throw APIError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        }
    }

    /// Of the body, or where there is none of the query.
    private func deleteOptions(_ call: APICall) throws(APIError) -> DeleteOptions {
        let body = try call.object()
        guard body.isNull else { return try DeleteOptions(body) }
        var query: JSONTree = [:]
        if let policy = call.query["propagationPolicy"] { query.propagationPolicy = .string(policy) }
        if let grace = call.query["gracePeriodSeconds"].flatMap(Int.init) { query.gracePeriodSeconds = .integer(grace) }
        if call.query["dryRun"] != nil { query.dryRun = ["All"] }
        return try DeleteOptions(query)
    }

    /// One JSON object a line, until the time is up.
    ///
    /// Source: <https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks>.
    private func watch(_ call: APICall) async throws(APIError) -> Answer {
        var options = WatchOptions()
        options.read = try call.read(faults)
        options.wantsBookmarks = call.isSet("allowWatchBookmarks")
        options.sendsInitialEvents = call.isSet("sendInitialEvents")
        let resource = call.target.resource
        let watch = try await state.watch(resource, options)
        // Without a wish a real server ends a watch after 30 to 60 minutes.
        let timeout = call.query["timeoutSeconds"].flatMap(Int.init) ?? 1800
        return Answer(
            .stream(contentType: "application/json") { [state, settings] writer in
                do {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            // The end of the time is what is waited for.
                            try await Task.sleep(for: .seconds(timeout))
                            await state.close(watch.number)
                        }
                        group.addTask {
                            while true {
                                try await Task.sleep(for: settings.bookmarkInterval)
                                await state.bookmark(watch.number)
                            }
                        }
                        for await event in watch.events {
                            try await writer.write(event.line(of: resource))
                        }
                        group.cancelAll()
                    }
                } catch {
                    // The client has gone, or the stream was cut.
                    await state.close(watch.number)
                    throw error
                }
                await state.close(watch.number)
            }
        )
    }
}
