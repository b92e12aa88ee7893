import Foundation

/// A job as a service shows it: what is read of it, and the whole of it.
struct JobDocument: Sendable, Equatable {
    let job: JobAnswer
    /// The object, on one line, its keys sorted; nil where nobody asks for it.
    let text: Data?
}

/// A page of a list: of jobs, or of what has them.
struct ListPage: Sendable {
    /// The ids of clusters or partitions.
    var groups: [String] = []
    var jobs: [JobDocument] = []
    /// What gets the next page; nil on the last.
    var next: String?
}

extension ServerClient {
    /// Takes a page of a list apart.
    func page(_ data: Data, of path: String, keepsText: Bool) throws(ServerError) -> ListPage {
        let list = try decode(ListAnswer<JobAnswer>.self, data, path)
        let texts =
            keepsText ? try items(data, of: path).map { object throws(ServerError) in try text(object, path) } : []
        let jobs = list.items.enumerated().map { index, job in
            JobDocument(job: job, text: texts.indices.contains(index) ? texts[index] : nil)
        }
        return ListPage(jobs: jobs, next: list.metadata?.continue)
    }

    /// Takes the answer for one job as a page of its own.
    func single(_ data: Data, of path: String, keepsText: Bool) throws(ServerError) -> ListPage {
        let job = try decode(JobAnswer.self, data, path)
        let text =
            keepsText
            ? try (try? JSONSerialization.jsonObject(with: data)).map { object throws(ServerError) in
                try self.text(object, path)
            } : nil
        return ListPage(jobs: [JobDocument(job: job, text: text)])
    }

    /// The items of a list, whatever members they have.
    func items(_ data: Data, of path: String) throws(ServerError) -> [Any] {
        let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        guard let items = object?["items"] as? [Any] else { throw notUnderstood(path) }
        return items
    }

    func text(_ object: Any, _ path: String) throws(ServerError) -> Data {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        guard let text = try? JSONSerialization.data(withJSONObject: object, options: options) else {
            throw notUnderstood(path)
        }
        return text
    }
}

/// A list, or a page of one.
struct ListAnswer<Item: Decodable>: Decodable {
    struct Metadata: Decodable {
        let `continue`: String?
    }

    let metadata: Metadata?
    let items: [Item]
}

/// A cluster or a partition.
struct GroupAnswer: Decodable {
    let id: String
}
