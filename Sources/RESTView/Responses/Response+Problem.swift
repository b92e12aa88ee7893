import Foundation
import Hummingbird

extension Response {
    /// The answer that tells a problem.
    ///
    /// - Parameters:
    ///   - problem: what it tells.
    ///   - path: the request's own, as it came; its query is not repeated, which may hold what is nobody's business.
    ///   - id: by which the request is found in the log.
    init(_ problem: Problem, path: String, id: RequestID) {
        let body = problem.document(path: path, id: id)
        self.init(status: problem.status, document: body, type: Problem.contentType)
        headers.append(contentsOf: problem.fields)
    }
}

extension Problem {
    static let contentType = "application/problem+json"

    /// What stands in the answer's body.
    func document(path: String, id: RequestID) -> Data {
        // Five strings and a number: that they can't be encoded does not happen, and would be an empty body.
        (try? JSONDocument(ProblemObject(self, instance: path, id: id)))?.data ?? Data()
    }
}

private struct ProblemObject: Encodable {
    let type = "about:blank"
    let title: String
    let status: Int
    let detail: String
    let instance: String
    let requestId: String

    init(_ problem: Problem, instance path: String, id: RequestID) {
        title = problem.status.reasonPhrase
        status = problem.status.code
        detail = problem.detail
        instance = Self.reference(path)
        requestId = id.description
    }

    /// The path as a URI reference: what can't stand in one is encoded, and what is encoded stays as it is.
    private static func reference(_ path: String) -> String {
        let isEncoded = path.removingPercentEncoding != nil
        let allowed = CharacterSet.urlPathAllowed.union(CharacterSet(charactersIn: isEncoded ? "%" : ""))
        return path.addingPercentEncoding(withAllowedCharacters: allowed) ?? "/"
    }
}
