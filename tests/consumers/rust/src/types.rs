//! The types of the API's documents, as typify generates them.

// cargo add regress serde_json typify && cargo add --features serde chrono serde uuid
/// A request for an upload.
pub mod upload_request {
    typify::import_types!("../../../schemas/v1/upload-request.json");
}

/// The answer to an upload request.
pub mod issued_upload {
    typify::import_types!("../../../schemas/v1/issued-upload.json");
}

/// A response with its playback URLs.
pub mod video_response {
    typify::import_types!("../../../schemas/v1/video-response.json");
}

/// A page of a list.
pub mod response_page {
    typify::import_types!("../../../schemas/v1/response-page.json");
}

/// The answer to a deletion.
pub mod deletion_receipt {
    typify::import_types!("../../../schemas/v1/deletion-receipt.json");
}

/// The answer to a refused request.
pub mod problem {
    typify::import_types!("../../../schemas/v1/problem.json");
}
