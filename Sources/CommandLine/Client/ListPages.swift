import Foundation
import Jobs

extension ServerClient {
    /// Gets all pages of a list.
    ///
    /// - Parameters:
    ///   - path: the path of the list, without a query.
    ///   - keepsText: whether to return the JSON objects too.
    /// - Returns: the items, and each item as JSON on one line.
    func listAll<Item: Decodable & Sendable>(
        _ type: Item.Type,
        at path: String,
        keepsText: Bool
    ) async throws(ServerError) -> (items: [Item], texts: [Data]) {
        var (items, texts): ([Item], [Data]) = ([], [])
        var next: String?
        repeat {
            let page = path + (next.map { "?continue=\(PathSegment.escaped($0))" } ?? "")
            let data = try await get(page)
            let list = try decode(ListAnswer<Item>.self, data, page)
            items += list.items
            if keepsText {
                texts += try self.items(data, of: page).map { object throws(ServerError) in try jsonText(object, page) }
            }
            next = list.metadata?.continue
        } while next != nil
        return (items, texts)
    }

    /// Prints a list of what the service keeps of a job, as a table or as a JSON array.
    ///
    /// - Parameters:
    ///   - name: the last part of the path, for example `history`.
    ///   - table: makes the lines of the table.
    /// - Throws: ``ServerError``. An unknown job is explained with similar names.
    func printList<Item: Decodable & Sendable>(
        _ type: Item.Type,
        _ name: String,
        of key: JobKey,
        as format: ListFormat,
        _ table: ([Item]) -> [String]
    ) async throws {
        do {
            let list = try await listAll(type, at: "\(APIPath.job(key))/\(name)", keepsText: format == .json)
            switch format {
            case .json: try StandardOutput.write(JSONOutput.array(list.texts))
            case .table: try StandardOutput.write(table(list.items).map { $0 + "\n" }.joined())
            }
        } catch let error as ServerError {
            guard error.kind == .notFound else { throw error }
            throw await Neighbours(client: self).explainAbsence(error, key)
        }
    }

    /// Prints an answer as JSON on one line.
    func printObject(_ data: Data, of path: String) throws {
        guard let object = try? JSONSerialization.jsonObject(with: data) else { throw notUnderstood(path) }
        try StandardOutput.write(jsonText(object, path) + Data("\n".utf8))
    }

    /// Returns the items of a list with all their members.
    func items(_ data: Data, of path: String) throws(ServerError) -> [Any] {
        let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        guard let items = object?["items"] as? [Any] else { throw notUnderstood(path) }
        return items
    }

    /// Formats an object of an answer as JSON on one line.
    func jsonText(_ object: Any, _ path: String) throws(ServerError) -> Data {
        guard let text = try? JSONOutput.object(object) else {
            throw notUnderstood(path)
        }
        return text
    }
}

/// A list, or one page of it.
struct ListAnswer<Item: Decodable>: Decodable {
    struct Metadata: Decodable {
        let `continue`: String?
        let endedBefore: Int?
    }

    let metadata: Metadata?
    let items: [Item]
}
